"""Text that would be something else than text where it is not escaped."""

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</title><svg onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "{{ 7 * 7 }}{% for x in y %}",
    "&lt;b&gt;&#60;script&#62;",
    "]]><!--",
    "\u202egnp.exe\u0000\x1b[31m",
    "data:text/html,<script>alert(1)</script>",
]
