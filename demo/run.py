"""make run: builds the demonstration once, then serves it: web, worker, and the line with today's fieldwork."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from demo import staff
from demo.build import DAYS, build, migrate
from demo.surroundings import Surroundings, free_port, look_around

ROOT = Path(__file__).resolve().parent.parent
SIZE = 200_000


def say(words: str) -> None:
    """Write a line at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def commands(here: Surroundings) -> dict[str, list[str]]:
    """Return the processes that make the demonstration."""
    python = sys.executable
    web = [
        "-m",
        "gunicorn",
        "wsgi:app",
        "-k",
        "gthread",
        "--workers",
        "1",
        "--threads",
        "24",
        "--keep-alive",
        "75",
    ]
    return {
        "web": [python, *web, "-b", f"127.0.0.1:{here.port}", "--log-level", "warning", "--timeout", "120"],
        "worker": [python, "-m", "flask", "--app", "wsgi", "worker"],
        "line": [python, "-m", "demo.live"],
    }


def is_ready(url: str) -> bool:
    """Say whether the house answers."""
    try:
        with urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310 (an address of our own)
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def surroundings(here: Surroundings) -> dict[str, str]:
    """Return what every process of the demonstration finds around it."""
    return os.environ | here.environment() | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def serve(here: Surroundings) -> int:
    """Start every process, say where the door is, and end them together."""
    environment = surroundings(here)
    logs = here.folder / "logs"
    logs.mkdir(exist_ok=True)
    running: dict[str, subprocess.Popen[bytes]] = {}
    for name, command in commands(here).items():
        with (logs / f"{name}.log").open("ab") as log:
            running[name] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    is_stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_stopping
        is_stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    is_told = False
    ended: str | None = None
    while not is_stopping and ended is None:
        ended = next((name for name, process in running.items() if process.poll() is not None), None)
        if not is_told and ended is None and is_ready(here.url):
            greet(here)
            is_told = True
        time.sleep(0.3)
    for process in running.values():
        if process.poll() is None:
            process.terminate()
    for process in running.values():
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
    if ended is not None:
        say(f"{ended} 意外停止，请看 / stopped unexpectedly, see {logs / ended}.log")
        return 1
    return 0


def greet(here: Surroundings) -> None:
    """Say where the door is and who may come in."""
    say("")
    say(f"  听民 Tingmin  {here.url}")
    if here.offset:
        say("  演示时钟设在上午九点半，让工作日正在进行 / the demonstration's clock stands at half past nine")
    say(f"  每个角色一个账号，口令都是 / one account a role, all with the password: {staff.PASSWORD}")
    say("  " + "  ".join(a.username for a in staff.ACCOUNTS if a.username == a.roles[0]))
    say("  人物与号码均为虚构，线路为模拟 / people and numbers are invented, the line is simulated")
    say("  按 Ctrl-C 结束 / Ctrl-C ends it")


def main() -> int:
    """Build if needed, then serve."""
    parser = argparse.ArgumentParser(description="The demonstration of Tingmin.")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("TINGMIN_DATA_DIR", ROOT / "var")))
    parser.add_argument(
        "--size",
        type=int,
        default=int(os.environ.get("TINGMIN_DEMO_SIZE", SIZE)),
        help="numbers in the frame",
    )
    parser.add_argument("--days", type=int, default=DAYS, help="days of history")
    parser.add_argument("--build-only", action="store_true", help="build and stop")
    given = parser.parse_args()
    here = look_around(given.folder, given.port)
    if not given.build_only and free_port(given.port) != given.port:
        say(
            f"端口 {given.port} 已被占用，请用 PORT=8010 make run / port {given.port} is taken: PORT=8010 make run"
        )
        return 2
    if not here.database.exists():
        say("正在建立演示城市，约两分钟，只此一次 / building the demonstration, two minutes, only this once")
        build(here, size=given.size, days=given.days)
    else:
        migrate(here.environment()["TINGMIN_DATABASE_URL"])  # built by an earlier version, perhaps
        subprocess.run([sys.executable, "-m", "demo.stopped"], cwd=ROOT, env=surroundings(here), check=True)
    return 0 if given.build_only else serve(here)


if __name__ == "__main__":
    sys.exit(main())
