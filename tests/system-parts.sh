#!/bin/sh
# Installs what pip can't: Chromium for the browser tests, mosquitto for MQTT. Does nothing when they are there or apt
# may not be used.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"
missing=""
for part in chromium mosquitto; do
    command -v "$part" >/dev/null || missing="$missing $part"
done
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
else
    echo "not installed:$missing; tests that need it will be skipped" >&2
fi
