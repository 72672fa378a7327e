"""The rules of DNS, without I/O, clock or randomness: octets, events and the time come in, decisions and octets go out.

octets     name, wire, rrtype, rdata (dnspython lives there), rdata_text, rdata_layout
zones      master_tokens, generate, master_file -> zone_build -> zone; zone_check, denial_check, zone_load;
           finding, limits; serial, change_set, plan
answers    answer (the definition), piece, additional, denial
packets    message, edns, render, chaos, cookie, rate_limit, directory, respond
speed      image_format, image_build, image_answers, image_denial, image, fast_path, response_memo
signing    dnskey, key_schedule, denial_chain, signing
transfers  response, transfer_in, secondary, transfer_out, notify, tsig
updates    update, update_policy
"""
