#!/bin/sh
# Makes the parts of the page in the directory that is named: sh cli/pictures/build.sh build/pictures
# Without npm, or without the packages and a way to get them, the parts are empty, and it says so: the programs
# work all the same, and their reports are plain tables. A fault in the page's own source is an error.
set -eu
here=$(dirname "$0")
into=$1
parts="top.html top-ui.html middle.html bottom.html bottom-ui.html"
mkdir -p "$into"

without() {
    echo "  PAGE	left out: $1" >&2
    echo "	Reports are plain tables, and there is no local page. $2; then make again." >&2
    for part in $parts; do
        [ -f "$into/$part" ] && [ ! -s "$into/$part" ] || : >"$into/$part"
    done
    : >"$into/incomplete"
    exit 0
}

have_npm() {
    command -v node >/dev/null && command -v npm >/dev/null
}
# Installing is tried once, not at every make.
have_npm || [ -e "$into/incomplete" ] || .ci/setup pictures || :
have_npm ||
    without "node and npm are not installed" "apt-get install nodejs npm"

if ! cmp -s "$here/package-lock.json" "$into/installed"; then
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$into"
    rm -f "$into/installed"
    (cd "$into" && npm ci --ignore-scripts --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=30000) >"$into/npm.log" 2>&1 ||
        without "npm could not install what the lockfile names ($into/npm.log)" "Connect this machine, or bring $into/node_modules"
    cp "$here/package-lock.json" "$into/installed"
fi
node "$here/build.mjs" "$into"
rm -f "$into/incomplete"
