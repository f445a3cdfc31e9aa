"""A small CRM on Cordboard: says who calls as the phone rings, and keeps a note of each talk.

    cordboard key add crm --scope events --scope records:read
    CORDBOARD_KEY=cb_... python crm.py http://127.0.0.1:8080 crm.db

Customers are the rows of `customers` (number, name) in crm.db. Needs httpx and websockets.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

TABLES = """
CREATE TABLE IF NOT EXISTS customers (number TEXT PRIMARY KEY, name TEXT);
CREATE TABLE IF NOT EXISTS notes (call TEXT PRIMARY KEY, number TEXT, agent TEXT, note TEXT);
"""


class Crm:
    def __init__(self, url: str, key: str, file: str) -> None:
        self.headers = {"Authorization": f"Bearer {key}"}
        self.feed = "ws" + url.removeprefix("http") + "/ws"
        self.api = httpx.Client(base_url=url, headers=self.headers)
        self.book = sqlite3.connect(file, isolation_level=None)
        self.book.executescript(TABLES)
        self.place = ""  # where we are in the feed
        self.calls: dict[str, dict[str, Any]] = {}
        self.over: set[str] = set()  # calls whose record is not written yet

    def follow(self) -> None:
        """Hears the feed until the connection is lost; goes on where it was when called again."""
        with connect(self.feed + self.place, additional_headers=self.headers) as feed:
            for text in feed:
                self.heard(json.loads(text))

    def heard(self, message: dict[str, Any]) -> None:
        if message["type"] == "snapshot":
            self.stream = message["stream"]
            self.over |= self.calls.keys() - {call["id"] for call in message["calls"]}
            print("on the feed", flush=True)
        if "seq" in message:
            self.place = f"?stream={self.stream}&after={message['seq']}"
        for call in message.get("calls", ()):
            # Not only while it rings: who answers in a tenth of a second was never seen ringing.
            if call["agent"] and call["agent"] != self.calls.get(call["id"], {}).get("agent"):
                self.pop(call)
            self.calls[call["id"]] = call
        self.over |= set(message.get("gone", ()))
        self.over = {id for id in self.over if not self.noted(id)}  # "alive" brings us here every 5 s

    def pop(self, call: dict[str, Any]) -> None:
        """The agent's phone rings."""
        row = self.book.execute("SELECT name FROM customers WHERE number = ?", (call["caller"],)).fetchone()
        name = row[0] if row else "somebody new"
        chosen = ", ".join(f"{line['label']} {line['value']}" for line in call["screen"])
        print(f"{call['agent']}: {name} ({call['caller']}) calls {call['queue']} {chosen}".rstrip(), flush=True)

    def noted(self, id: str) -> bool:
        """Keeps what the record of a call that is over says; False while there is none."""
        answer = self.api.get(f"/api/records/{id}")
        if answer.status_code == 404:
            return False
        record = answer.raise_for_status().json()["record"]
        note = f"{record['outcome']} after {record['wait_s']:.0f} s, talked for {record['talk_s']:.0f} s"
        row = (id, record["caller"], record["agent"], note)
        self.book.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?)", row)
        print(f"noted: {record['caller']}: {note}", flush=True)
        self.calls.pop(id, None)
        return True


def main() -> None:
    url, file = sys.argv[1:]
    crm = Crm(url, os.environ["CORDBOARD_KEY"], file)
    while True:
        try:
            crm.follow()
        except (ConnectionClosed, OSError, httpx.HTTPError) as error:
            print(f"the server is gone ({type(error).__name__}); trying again", flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main()
