#!/usr/bin/env bash
# Installs Debian's Chromium where it is missing and we may; otherwise says loudly that browser tests are skipped.
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing chromium for the browser tests"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null && exit 0
fi
echo "WARNING: no chromium here and no right to install it: the browser tests will be SKIPPED" >&2
