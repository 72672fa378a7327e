"""Decisions about deployments, as pure functions of values.

topology (what a level is) · topology_schema (documents to topologies) · inheritance (`extends`) · topology_rules ·
reference and addresses (`@component.port.scheme`) · graph (the one value three renderers share) · port_plan ·
start_order · run_plan (what the supervisor runs) · difference · restart_policy · process_event and process_state
(the state machine) · resource_list · compose, systemd, env_file and their readers · escaping, toml_text ·
containerfile_rules · compose_rules (files we did not write).
"""
