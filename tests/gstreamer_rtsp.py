"""GStreamer's RTSP server with a test picture and a tone, run by the Python that has its bindings; prints its port."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PIPELINE = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=25/1 ! "
    "jpegenc ! rtpjpegpay name=pay0 pt=26 audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! "
    "rtppcmupay name=pay1 pt=0 )"
)

Gst.init(None)
if "--try" in sys.argv:
    sys.exit(not all(Gst.ElementFactory.find(name) for name in ("jpegenc", "rtpjpegpay", "mulawenc", "rtppcmupay")))
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_launch(PIPELINE)
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
