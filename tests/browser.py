"""A real browser that plays clips from a real server, and tells what it saw and heard of them."""

import base64
import json
import shutil
import subprocess
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_TYPES = {".mp4": "video/mp4", ".m4a": "audio/mp4", ".ts": "video/mp2t", ".mkv": "video/x-matroska"}
_PAGE = """<!doctype html><meta charset=utf-8><video width=320 playsinline></video><script>
const video = document.querySelector("video"), told = {};
const once = (name, seconds = 20) => new Promise((done, fail) => {
  const late = setTimeout(() => fail(`no ${name}: ${video.error?.message ?? video.readyState}`), 1000 * seconds);
  video.addEventListener("error", () => { clearTimeout(late); fail(video.error?.message) }, { once: true });
  video.addEventListener(name, () => { clearTimeout(late); done() }, { once: true });
});
const shot = () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  if (!canvas.width) return "";
  canvas.getContext("2d").drawImage(video, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
};
(async () => {
  for (const name of NAMES) {
    const saw = told[name] = { error: "" };
    try {
      let ready = once("loadedmetadata");
      video.src = name;
      await ready;
      Object.assign(saw, { duration: video.duration, width: video.videoWidth, height: video.videoHeight });
      video.playbackRate = 2;
      let over = once("ended");
      await video.play();
      await over;
      saw.played = video.currentTime;
      saw.pictures = video.getVideoPlaybackQuality().totalVideoFrames;
      saw.sound = video.webkitAudioDecodedByteCount;
      let there = once("seeked");
      video.currentTime = video.duration / 2;
      await there;
      saw.sought = video.currentTime;
      saw.shot = shot();
    } catch (error) { saw.error = String(error) }
  }
  await fetch("/told", { method: "POST", body: JSON.stringify(told) });
})();
</script>"""


def browser() -> str | None:
    """Where one is installed."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def played(folder: Path, names: Sequence[str], profile: Path) -> dict[str, dict[str, Any]]:
    """What a browser tells of some files of a folder: duration, size, how far it played, what it decoded, a picture."""
    told: list[dict[str, dict[str, Any]]] = []
    is_told = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = unquote(self.path).removeprefix("/")
            if not name:
                self._send(200, _PAGE.replace("NAMES", json.dumps(list(names))).encode(), "text/html")
            elif name in names:
                self._range((folder / name).read_bytes(), _TYPES[Path(name).suffix])
            else:
                self._send(404, b"", "text/plain")

        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._send(204, b"", "text/plain")
            is_told.set()

        def _range(self, body: bytes, kind: str) -> None:
            wanted = self.headers.get("Range", "")
            if not wanted:
                self._send(200, body, kind)
                return
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            begin, end = int(first), int(last) + 1 if last else len(body)
            self._send(206, body[begin:end], kind, f"bytes {begin}-{min(end, len(body)) - 1}/{len(body)}")

        def _send(self, status: int, body: bytes, kind: str, part: str = "") -> None:
            self.send_response(status)
            headers = {"Content-Length": str(len(body)), "Content-Type": kind, "Accept-Ranges": "bytes"}
            for key, value in {**headers, **({"Content-Range": part} if part else {})}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    path = browser()
    assert path is not None
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [
            path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--autoplay-policy=no-user-gesture-required",
            f"--user-data-dir={profile}", f"http://127.0.0.1:{server.server_port}/",
        ]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            try:
                assert is_told.wait(25.0 * len(names) + 30.0), "the browser has told nothing"
            finally:
                running.terminate()
                running.wait(10.0)
        server.shutdown()
    return told[0]


def picture(saw: dict[str, Any]) -> bytes:
    """The PNG of what was shown halfway."""
    return base64.b64decode(saw["shot"])
