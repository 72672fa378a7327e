"""A stand-in for a component: speaks sd_notify, answers /health, and misbehaves as its configuration says.

`[fake]` of the file in PHOTON_CONFIG: addr, ready_delay_sec, never_ready, exit_status (at once), ignore_term, flood_mb,
daemon (leave a process of its own session), no_watchdog, say, exit_file (exit 1 when it exists), sick_file.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SETTINGS = tomllib.loads(Path(os.environ["PHOTON_CONFIG"]).read_text()).get("fake", {})


def notify(text):
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(text.encode(), "\0" + address[1:] if address.startswith("@") else address)


class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        sick = os.path.exists(SETTINGS.get("sick_file", "/nonexistent"))
        status = "unhealthy" if sick else "healthy"
        body = json.dumps(
            {"status": status, "mode": os.environ.get("PHOTON_MODE"), "component": "fake", "version": "0.1.0"}
            | {"checks": {"store": "cannot write" if sick else "ok"}, "stage": "S0", "backends": {}}
        ).encode()
        self.send_response(503 if sick else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    if SETTINGS.get("say"):
        print(SETTINGS["say"], flush=True)
    print(json.dumps({"event": "operation_mode", "environment": sorted(os.environ)}), flush=True)
    if "exit_status" in SETTINGS:
        print("giving up", flush=True)
        return SETTINGS["exit_status"]
    if SETTINGS.get("ignore_term"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: (print("terminated", flush=True), os._exit(0)))
    signal.signal(signal.SIGHUP, lambda *_: print("reloaded", flush=True))
    if SETTINGS.get("daemon"):
        subprocess.Popen(["sleep", str(SETTINGS["daemon"])], start_new_session=True)
    if SETTINGS.get("worker"):
        subprocess.Popen(["sleep", str(SETTINGS["worker"])])
    host, _, port = SETTINGS["addr"].rpartition(":")
    try:
        server = Server((host, int(port)), Health)
    except OSError as error:
        print(error, flush=True)
        return 71
    threading.Thread(target=server.serve_forever, daemon=True).start()
    time.sleep(SETTINGS.get("ready_delay_sec", 0))
    if not SETTINGS.get("never_ready"):
        notify("READY=1\nSTATUS=healthy standalone")
    for _ in range(SETTINGS.get("flood_mb", 0)):
        os.write(1, (b"x" * 1023 + b"\n") * 1024)
    while True:
        if os.path.exists(SETTINGS.get("exit_file", "/nonexistent")):
            os._exit(1)
        if not SETTINGS.get("no_watchdog"):
            notify("WATCHDOG=1")
        time.sleep(0.2)


sys.exit(main())
