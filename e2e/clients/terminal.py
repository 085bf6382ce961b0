"""Runs a command in a terminal of its own: terminal.py ROWS COLUMNS COMMAND...

Each line of the input is an act: `send TEXT` types a line, `keys HEX` the keys of these codes, `await TEXT` waits until the terminal has shown it,
`size ROWS COLUMNS` resizes the terminal, `hangup` kills the command. Prints what the terminal has shown; exits as the command did, or with 125 when what is awaited does not come.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

TIMEOUT = 30


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    pid, fd = pty.fork()
    if pid == 0:
        # The size has to be there before the command asks for it.
        resize(0, int(sys.argv[1]), int(sys.argv[2]))
        os.execvp(sys.argv[3], sys.argv[3:])
    shown = b""

    def read_for(seconds):
        nonlocal shown
        if not select.select([fd], [], [], seconds)[0]:
            return True
        try:
            chunk = os.read(fd, 65536)
        except OSError:
            chunk = b""
        shown += chunk
        return chunk != b""

    def end(code):
        sys.stdout.buffer.write(shown)
        sys.stdout.flush()
        os._exit(code)

    seen = 0
    for line in sys.stdin.read().splitlines():
        act, _, rest = line.partition(" ")
        if act == "send":
            os.write(fd, rest.encode() + b"\n")
        elif act == "keys":
            os.write(fd, bytes.fromhex(rest))
        elif act == "size":
            resize(fd, *map(int, rest.split()))
        elif act == "hangup":
            os.kill(pid, signal.SIGKILL)
        elif act == "await":
            until = time.monotonic() + TIMEOUT
            while shown.find(rest.encode(), seen) < 0:
                if not read_for(0.1) or time.monotonic() > until:
                    os.kill(pid, signal.SIGKILL)
                    end(125)
            seen = shown.find(rest.encode(), seen) + len(rest)
    while read_for(TIMEOUT):
        pass
    _, status = os.waitpid(pid, 0)
    end(os.waitstatus_to_exitcode(status) & 0xFF)


main()
