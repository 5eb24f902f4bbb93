"""A process with one FastAPI endpoint that reads the body and answers: the floor below any ingest over HTTP.

python -m benchmarks.http_ingest.bare_endpoint <port>
"""

import sys
import threading

from fastapi import FastAPI, Request

from shared.web.server import Server

PATH = "/v1/metric-events"


def application() -> FastAPI:
    app = FastAPI()

    @app.post(PATH, status_code=202)
    async def read(request: Request) -> dict[str, int]:
        body = await request.body()
        return {"accepted": body.count(b"\n") + 1}

    @app.get("/readyz")
    def ready() -> dict[str, bool]:
        return {"ready": True}

    return app


if __name__ == "__main__":
    with Server(application(), host="127.0.0.1", port=int(sys.argv[1]), stop_within_seconds=5):
        threading.Event().wait()
