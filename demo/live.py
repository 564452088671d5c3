"""Today: the simulated line, the robots at the telephones, the two lines' callers and the prompter, in one process."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

import sqlalchemy as sa

from core import clock
from core.db import reading, transaction
from core.people import Staff, StaffRole
from core.permissions import Role
from core.settings import Settings
from demo import hotline_robots
from demo.bustle import Bustle
from demo.chance import SEED
from demo.help_lines import add_help_lines
from demo.hotline_callers import Callers
from demo.hotline_robots import HotlineRobot
from demo.prompter import Prompter
from demo.robots import Robot
from demo.townspeople import townsperson
from telephony.commands import carrier_config
from telephony.simulator.server import open_carrier
from web.app import create_app

ROBOTS = 3
PACE = 2.0


def main() -> None:
    """Run until told to stop."""
    settings = Settings.from_env(os.environ)
    app = create_app(settings)
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    port = int(settings.line_base_url.rsplit(":", 1)[1])
    running = open_carrier(carrier_config(settings, seed=SEED), port=port, start=clock.now())
    running.carrier.people = townsperson
    carrier = running.serve_beside()
    with app.app_context():
        robots = robot_ids(int(os.environ.get("TINGMIN_DEMO_ROBOTS", ROBOTS)))
        crew: list[threading.Thread] = [
            Robot(staff_id, carrier=carrier.url, pace=PACE, stopping=stopping) for staff_id in robots
        ]
        crew.append(Bustle(stopping=stopping))
        with transaction() as session:
            add_help_lines(session, at=clock.now())
        played = frozenset(hotline_robots.crew())
        crew += [HotlineRobot(who, played, carrier=carrier.url, stopping=stopping) for who in sorted(played)]
        crew.append(Callers(played, carrier=carrier.url, stopping=stopping))
        crew.append(Prompter(set(robots), carrier=carrier.url, stopping=stopping))
        for one in crew:
            one.start()
            stopping.wait(1.5)
        stopping.wait()
    carrier.stop()


def robot_ids(how_many: int) -> list[int]:
    """Return the interviewers who are played; the account of the visitor is left to the visitor."""
    with reading() as session:
        query = (
            sa.select(Staff.id)
            .join(StaffRole, StaffRole.staff_id == Staff.id)
            .where(StaffRole.role == Role.INTERVIEWER, Staff.username != "interviewer")
            .order_by(Staff.id)
            .limit(how_many)
        )
        return list(session.scalars(query))


if __name__ == "__main__":
    main()
