"""What tests of every package share. Shipped code never imports it.

Map
    process     start a real server process on free ports, wait until it is ready, kill it, read its log
    ports       free and taken ports
    clock       SimClock: hours pass in milliseconds
    tls         a throw-away authority and its certificates
    disk        small and damaged file systems
    <port>_conformance   one suite a shared port, run on every adapter and on the fakes
"""
