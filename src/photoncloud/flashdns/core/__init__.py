"""The rules of DNS, without I/O, clock or randomness.

octets     name, wire, rrtype, rdata, rdata_text, rdata_layout
zones      master_tokens, generate, master_file -> zone_build -> zone; zone_check, denial_check, zone_load;
           finding, limits
answers    answer (the definition), piece, additional, denial
messages   render
serials    serial
"""
