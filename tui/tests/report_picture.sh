#!/bin/sh
# Takes the picture of the report's page for the README, from the page that the test left in the target folder.
# Usage: report_picture.sh TARGET. Without Chromium, the picture stays as it is.
set -eu
page=$(realpath "$1/tmp/report.html")
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
  echo "Chromium is not on the PATH: docs/report.png stays as it is" >&2
  exit 0
}
"$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --window-size=1180,900 \
  --blink-settings=preferredColorScheme=1 --screenshot="$PWD/docs/report.png" "file://$page"
