#!/bin/sh
# Installs what pip can't: Chromium for the browser tests. Does nothing when it is there or apt may not be used.
set -eu
command -v chromium >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
else
    echo "chromium is not installed; the browser tests will be skipped" >&2
fi
