"""Hosts that nobody is to reach unless a network is allowed, as people who mean harm spell them."""

REFUSED_HOSTS = [
    # loopback, in every spelling that a resolver or a parser may know
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "127.255.255.254", "0x7f.0.0.1", "0x7f000001", "0X7F.1", "2130706433",
    "017700000001", "0177.1", "0x7f.0x0.0x0.0x1", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.",
    "127。0。0。1", "[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[64:ff9b:1::7f00:1]",
    # this host, private, shared, link-local and the metadata services of clouds
    "0.0.0.0", "0", "0.1.2.3", "[::]", "10.0.0.1", "10.255.255.255", "0x0a000001", "012.0.0.1", "172.16.0.1",
    "172.31.255.254", "192.168.0.1", "192.168.1.1", "3232235777", "100.64.0.1", "100.127.255.254", "169.254.169.254",
    "169.254.169.253", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.43518", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[fd00:ec2::254]", "[fc00::1]", "[fe80::1]",
    "[fe80::1%25lo]", "[fec0::1]", "192.0.0.192",
    # documentation, benchmarks, multicast, reserved, broadcast
    "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "[ff02::1]", "240.0.0.1",
    "255.255.255.255", "[2001:db8::1]", "[100::1]", "[::2]", "[2001:10::1]", "[2a00::5efe:10.0.0.1]",
    # what stands before the host, and what only looks like one
    "public.example@127.0.0.1", "public.example:80@10.0.0.1", "public.example%40@[::1]",
]  # fmt: skip
