"""What `make` runs. Each file is one target or one step of `make check`; none is part of the product.

environment     installs what is missing
check           the steps of `make check` and their table
tidy            names, sizes, shapes (tidy_rules: one function a rule)
dependencies    every third-party import is declared in the extra that needs it
generate        regenerates what is generated, from gen_<name>.py; `--check` finds what is stale
package         builds the wheel
"""
