"""Run the carrier as a server of its own on this machine, for the demonstration and for journeys."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_hex

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from telephony.simulator.carrier import Carrier
from telephony.simulator.config import CarrierConfig
from telephony.simulator.door import Door
from telephony.simulator.faults import FAIR_WEATHER, Faults
from telephony.simulator.timeline import RealClock
from telephony.simulator.transport import Couriers, HttpPost


class _Silent(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        # Requests carry numbers, and numbers never reach a log.
        return


@dataclass
class RunningCarrier:
    """A carrier at work with its server; stop it when done."""

    carrier: Carrier
    url: str
    _server: BaseWSGIServer
    _clock: RealClock
    _couriers: Couriers
    _thread: threading.Thread | None = None

    def serve(self) -> None:
        """Serve until stopped."""
        self._server.serve_forever()

    def serve_beside(self) -> RunningCarrier:
        """Serve on a thread of its own."""
        self._thread = threading.Thread(target=self.serve, name="carrier-door", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the door, stop time, and let no more mail leave."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()
        self._clock.stop()
        self._couriers.stop()


def open_carrier(
    config: CarrierConfig, *, port: int, host: str = "127.0.0.1", start: datetime, speed: float = 1.0,
    faults: Faults = FAIR_WEATHER, origin: str = "", workers: int = 16,
) -> RunningCarrier:  # fmt: skip
    """Set a carrier up behind its door; nothing is served before serve() or serve_beside()."""
    clock, couriers = RealClock(start, speed), Couriers(workers)
    config = replace(
        config, run=config.run or token_hex(8), media_base_url=f"http://{host}:{port}", latency_s=0.0
    )
    carrier = Carrier(config, clock, HttpPost(), courier=couriers, faults=faults)
    server = make_server(host, port, Door(carrier, origin), threaded=True, request_handler=_Silent)
    return RunningCarrier(carrier, f"http://{host}:{server.server_port}", server, clock, couriers)


def run_carrier(
    config: CarrierConfig, *, port: int, host: str = "127.0.0.1", start: datetime, speed: float = 1.0,
    faults: Faults = FAIR_WEATHER, origin: str = "",
) -> None:  # fmt: skip
    """Run a carrier until the process is stopped."""
    running = open_carrier(
        config, port=port, host=host, speed=speed, start=start, faults=faults, origin=origin
    )
    try:
        running.serve()
    except KeyboardInterrupt:
        return
    finally:
        running.stop()
