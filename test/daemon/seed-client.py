"""A client of a `lines` listener, from the standard library alone, in the shapes of `roo` or of `seed`.

Usage: seed-client.py SOCKET roo|seed DIRECTORY. It starts a task that waits, cancels it when it has said something,
resumes it, watches it to its end, and prints one line of JSON: the Ack and every event. In `seed` it does byte for byte
what the design document's Rust half would: one read of at most 8192 bytes is the Ack, the id is `client_id` beside the
data, `None` is written as null.
"""

import json
import socket
import sys

READ_BYTES = 8192
SCRIPT = "test -e again && echo second && exit; touch again; echo first; exec sleep 60"


def from_serde(text):
    """serde_json::from_str::<IpcMessage>: these fields, of these types, and nothing after them."""
    message = json.loads(text)
    assert isinstance(message["type"], str), message
    assert message["origin"] in ("Server", "Client"), message
    assert message.get("client_id") is None or isinstance(message["client_id"], str), message
    assert "data" in message, message
    return message


class Seed:
    read = staticmethod(from_serde)

    def __init__(self, ack):
        self.client_id = ack["client_id"]
        self.task = None

    def write(self, name, data):
        command = {"commandName": name, "data": data}
        return {"type": "TaskCommand", "origin": "Client", "client_id": self.client_id, "data": command}

    def start(self, configuration):
        return {"configuration": configuration, "text": "wait", "images": None, "new_tab": None}

    def name(self, event):
        self.task = self.task or event["taskId"]
        if event["type"] == "Message":
            return event["message"].get("text", "").strip()
        return event["type"]

    ends = {"cancelled": "TaskAborted", "completed": "TaskCompleted"}


class Roo:
    read = staticmethod(json.loads)

    def __init__(self, ack):
        self.client_id = ack["data"]["clientId"]
        self.task = None

    def write(self, name, data):
        command = {"commandName": name, "data": data}
        return {"type": "TaskCommand", "origin": "client", "clientId": self.client_id, "data": command}

    def start(self, configuration):
        return {"configuration": configuration, "text": "wait"}

    def name(self, event):
        first = event["payload"][0]
        if event["eventName"] == "message":
            return first["message"].get("text", "").strip()
        self.task = self.task or first
        return event["eventName"]

    ends = {"cancelled": "taskResumable", "completed": "taskCompleted"}


def main(path, vocabulary, directory):
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(15)
    link.connect(path)
    dialect = {"roo": Roo, "seed": Seed}[vocabulary]
    ack = dialect.read(link.recv(READ_BYTES).decode())
    peer = dialect(ack)

    def send(name, data):
        link.sendall(json.dumps(peer.write(name, data), separators=(",", ":")).encode() + b"\n")

    def events():
        rest = b""
        while True:
            chunk = link.recv(READ_BYTES)
            assert chunk, "the daemon closed the link"
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                message = dialect.read(line.decode())
                assert message["type"] == "TaskEvent", message
                yield message["data"]

    heard = []
    coming = events()

    def until(name):
        while not heard or peer.name(heard[-1]) != name:
            heard.append(next(coming))

    command = {"command": ["sh", "-c", SCRIPT], "cwd": directory, "env": None}
    if vocabulary == "roo":
        del command["env"]
    send("StartNewTask", peer.start({"callboard": command}))
    until("first")
    send("CancelTask", peer.task)
    until(peer.ends["cancelled"])
    send("ResumeTask", peer.task)
    until(peer.ends["completed"])
    send("CloseTask", peer.task)
    print(json.dumps({"ack": ack, "task": peer.task, "events": heard}))


main(*sys.argv[1:])
