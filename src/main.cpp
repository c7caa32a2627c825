// main.cpp — the purser command.
int main() { return 0; }
