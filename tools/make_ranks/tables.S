// tools/make_ranks/tables.S — the tokenizers' tables, read-only, where the linker puts them.
// Made by make_ranks before this is assembled (cmake/Generated.cmake).
  .section .rodata
  .balign 64
  .globl purser_o200k_base
purser_o200k_base:
  .incbin "o200k_base.tokens"
  .balign 64
  .globl purser_cl100k_base
purser_cl100k_base:
  .incbin "cl100k_base.tokens"
  .balign 64
  .globl purser_unicode_classes
purser_unicode_classes:
  .incbin "unicode.classes"
  .section .note.GNU-stack, "", @progbits
