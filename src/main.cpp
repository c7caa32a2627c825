// main.cpp — the purser command: what an operator does, in the order of a first day.
#include "app/commands.hpp"

int main(int count, char** words) {
  CLI::App command_line("Keeps what LLM agents spend inside their limits, to the nanodollar.",
                        "purser");
  command_line.require_subcommand(1);
  command_line.footer("Exit codes: 0 done, 1 a finding or a refusal, 2 a wrong command line.");

  purser::Action chosen;
  purser::add_serve(command_line, chosen);         // put it in front of the providers
  purser::add_check_config(command_line, chosen);  // see that the rules are what you meant
  purser::add_keys(command_line, chosen);          // give every caller a name
  purser::add_prices(command_line, chosen);        // know what a token costs
  purser::add_limits(command_line, chosen);        // see how a caller stands
  purser::add_alerts(command_line, chosen);        // hear of trouble before the users do
  purser::add_report(command_line, chosen);        // see who spent what
  purser::add_explain(command_line, chosen);       // and one call in plain words
  purser::add_kill(command_line, chosen);          // stop what must not go on
  purser::add_resume(command_line, chosen);        // and let it go on
  purser::add_kills(command_line, chosen);         // see what is stopped
  purser::add_audit(command_line, chosen);         // see who did what
  purser::add_verify_books(command_line, chosen);  // prove that it adds up
  purser::add_re_rate(command_line, chosen);       // make a wrong price good
  purser::add_costs(command_line, chosen);         // book what was spent elsewhere
  purser::add_reconcile(command_line, chosen);     // hold the bill against the books
  purser::add_simulate(command_line, chosen);      // try it without a provider
  purser::add_replay(command_line, chosen);        // and with the traffic of yesterday
  purser::add_version(command_line, chosen);
  return purser::run(command_line, chosen, count, words);
}
