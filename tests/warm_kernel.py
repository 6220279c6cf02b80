"""Kernels that start in no time, for tests that need a hundred of them (Linux): forks of one warmed-up process.

    python warm_kernel.py serve SOCKET              import what notebooks import, then fork a kernel for each request
    python warm_kernel.py start SOCKET OPTIONS...   ask for one with a kernel's options; lives and dies with it

Most of the time that a graded notebook takes is Python importing torch. A fork has it imported already and is a process
of its own otherwise: its own working folder, environment, variables and random numbers.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

COMMON = ("torch", "pandas", "scipy.stats", "matplotlib.pyplot", "IPython", "ipykernel.kernelapp", "ipywidgets")
OWN = ("data", "finder", "pruning_at_init", "replicates", "measures.tangent_kernel", "lab.checks", "lab.plots")
OWN += ("lab.first_edition.claims", "explore.panel")


def serve(address: str) -> None:
    for name in (*COMMON, *(f"lth_teach.{name}" for name in OWN)):
        importlib.import_module(name)
    gc.freeze()  # else every fork's first collection writes to, and so copies, the memory of all that is imported
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # finished kernels need no burial
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        while True:
            client, _ = listener.accept()
            request = json.loads(client.makefile().readline())
            pid = os.fork()
            if pid == 0:
                listener.close()
                client.close()
                become_kernel(**request)
            client.sendall(f"{pid}\n".encode())
            client.close()


def become_kernel(options: list[str], folder: str, environment: dict[str, str]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    from ipykernel.kernelapp import launch_new_instance

    sys.path[0] = ""
    try:
        launch_new_instance(argv=options)
    finally:
        os._exit(0)


def start(address: str, *options: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "JPY_PARENT_PID"}
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        request = {"options": options, "folder": os.getcwd(), "environment": environment}
        server.sendall(json.dumps(request).encode() + b"\n")
        pid = int(server.makefile().readline())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(pid, number))
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.05)


if __name__ == "__main__":
    {"serve": serve, "start": start}[sys.argv[1]](*sys.argv[2:])
