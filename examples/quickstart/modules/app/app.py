#!/usr/bin/env python3
"""A small web app for the quick start: it listens at once, but is ready only some seconds later.

    app.py start DIR   starts it in the background and waits until it listens
    app.py stop DIR    stops it
    app.py run DIR     runs it in the foreground

DIR holds its process id and its log. It reads these environment variables:
STACK, APP_VERSION, PORT, and LICENCE ("missing" makes an app that never becomes ready).
"""

import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

# The phases of the start-up: name, class, seconds.
PHASES = [
    ("load configuration", "configuration", 0.4),
    ("migrate database", "database", 1.6),
    ("warm caches", "cache", 0.9),
]


def start(folder):
    if running(folder):
        stop(folder)
    port = int(os.environ["PORT"])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            sys.exit(f"port {port} is taken ({error.strerror}); set another one in the .auto.tfvars file of the root module")
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "log", "ab") as log:
        child = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "run", str(folder)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )
    (folder / "pid").write_text(str(child.pid))
    for _ in range(100):
        if child.poll() is not None:
            sys.exit(f"the app exited at once; its log is {folder / 'log'}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"the app does not listen on port {port}; its log is {folder / 'log'}")


def stop(folder):
    pid = running(folder)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            if running(folder) is None:
                break
            time.sleep(0.05)
        else:
            os.kill(pid, signal.SIGKILL)
    (folder / "pid").unlink(missing_ok=True)


def running(folder):
    """The process id, if that process is this app and not another one that reuses the id."""
    try:
        pid = int((folder / "pid").read_text())
        line = subprocess.run(["ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True).stdout
    except (OSError, ValueError):
        return None
    return pid if "app.py run" in line and not line.startswith("Z") else None


def run(_folder):
    ready = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            missing = os.environ.get("LICENCE") == "missing"
            status, text = (200, "ready") if ready.is_set() else (503, "no licence" if missing else "starting")
            body = json.dumps({"status": text}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, kind, seconds in PHASES:
        mark(name, "start", kind)
        time.sleep(seconds)
        mark(name, "done", kind)
    if os.environ.get("LICENCE") == "missing":
        mark("fetch licence", "start", "dependency")
    else:
        ready.set()
    signal.pause()


def mark(phase, state, kind):
    subprocess.run(["jiti", "mark", os.environ["STACK"], phase, state, "--class", kind], check=False)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("start", "stop", "run"):
        sys.exit(__doc__)
    {"start": start, "stop": stop, "run": run}[sys.argv[1]](pathlib.Path(sys.argv[2]))
