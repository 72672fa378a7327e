"""Use cases: resolve a level for this machine, prepare folders and secrets, supervise, take down, render, check.

resolve (level to plan) · overrides (`--set`, `--only`, `--without`) · preparation (folders, configuration, files) ·
secret_store (made once) · child (one running component) · supervisor · takedown (leftovers and the proof) ·
render · check
"""
