# What the tests of the launcher and of the bundle share: they run a command, take its $out, $err and $code, and check
# them.
# shellcheck shell=sh

passed=0
failed=0
out=
err=
code=

# Takes $out, $err and $code of a run that ended with $1 and wrote the files $2.
ended() {
  code=$1
  out=$(cat "$2.out")
  err=$(cat "$2.err")
}

# The case $1 holds if the command behind it succeeds.
check() {
  name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok - $name"
  else
    failed=$((failed + 1))
    echo "FAILED - $name"
    printf '%s\n' "$*" | sed 's/^/  wanted: /' | head -n 5
    echo "  exit code: $code"
    printf '%s\n' "$out" | sed 's/^/  out: /' | head -n 20
    printf '%s\n' "$err" | sed 's/^/  err: /' | head -n 20
  fi
}

has() {
  case $1 in *"$2"*) ;; *) return 1 ;; esac
}

lacks() {
  ! has "$1" "$2"
}

is() {
  [ "$1" = "$2" ]
}

# Whether $1 is one line, and not an empty one.
one_line() {
  [ -n "$1" ] && is "$(printf '%s\n' "$1" | wc -l | tr -d ' ')" 1
}

# Ends the script: well if there were cases and each passed.
finish() {
  echo "${0##*/}: $passed passed, $failed failed"
  [ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
  exit
}
