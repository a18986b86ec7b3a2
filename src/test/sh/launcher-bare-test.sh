#!/bin/sh
# Tries ./multibox on a bare Debian: in a root that debootstrap makes from the mirror apt uses here,
# without a network, where a JDK and Maven appear one after the other, lent read-only. Whatever
# cannot be made here is skipped aloud. Prints a line for each case; fails if one failed.
set -u

project=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$project/src/test/sh/checks.sh"

skip() {
  echo "launcher-bare: SKIPPED, nothing was tried: $*"
  exit 0
}

# The mirror of this system's own packages and the release's name.
mirror() {
  # shellcheck disable=SC2016 # the names are apt's
  apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" \
      '$2 == release && $3 == "main" { print $1, $2; exit }'
}

# First this: makes the root in a folder of its own, and starts this script again in namespaces whose
# mounts end with them, so that nothing lent can be deleted with the folder.
if [ "${1:-}" != --inside ]; then
  [ "$(id -u)" -eq 0 ] || skip 'only root can make a bare root'
  command -v debootstrap >/dev/null || skip 'debootstrap is not installed'
  unshare --mount --net --pid --fork true || skip 'this system lets nobody make namespaces'
  : "${JAVA_HOME:?must be the home of a JDK 25}"
  mkdir -p "$project/target"
  # debootstrap cannot make a root below a path with spaces.
  case $project in
    *[[:space:]]*) work=$(mktemp -d /tmp/multibox-bare-XXXXXX) ;;
    *) work=$(mktemp -d "$project/target/bare-XXXXXX") ;;
  esac
  trap 'rm -rf --one-file-system "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # A new machine has no lists yet.
  [ -n "$(mirror)" ] || apt-get update -qq >/dev/null 2>&1
  read -r site release <<MIRROR
$(mirror)
MIRROR
  [ -n "${release:-}" ] || skip 'apt has no mirror of this release'
  /usr/lib/apt/apt-helper download-file "$site/dists/$release/Release" "$work/Release" \
    >/dev/null 2>&1 || skip 'the mirror of apt cannot be reached'
  debootstrap --variant=minbase "$release" "$work/root" "$site" >"$work/log" 2>&1 || {
    tail -n 20 "$work/log"
    exit 1
  }
  unshare --mount --net --pid --fork --kill-child --mount-proc="$work/root/proc" \
    sh "$0" --inside "$work"
  exit
fi

work=$2
bare=$work/root
folder="/srv/a \$clone in \"quotes' #1 %41 ä 犬"
elsewhere=/var/tmp/größe

# Shows folder $1 as $2 in the bare root, read-only.
lend() {
  mkdir -p "$bare$2" &&
    mount --bind --options ro "$1" "$bare$2"
}

# Runs a command in the bare root, settings as NAME=VALUE before it. Leaves $out, $err and $code.
launch() {
  in_bare_root "$work/run" "$@"
  ended $? "$work/run"
}

# The same into files whose names start with $1.
in_bare_root() {
  into=$1
  shift
  chroot "$bare" env -i -C "$elsewhere" PATH=/usr/bin:/bin:/opt/maven/bin LC_ALL=C "$@" \
    >"$into.out" 2>"$into.err"
}

# Whether the command that $err offers could be copied and would do here: apt knows each package in
# it, and each other program is there or in such a package.
# shellcheck disable=SC2317 # check calls it
would_work() {
  offered=${err#*'install it with: '}
  sh -nc "$offered" || return 1
  installed=
  while read -r step program rest; do
    case $step$program in
      *apt-getinstall)
        # shellcheck disable=SC2086 # a list of packages
        chroot "$bare" apt-get install --simulate $rest >/dev/null || return 1
        installed="$installed $rest "
        ;;
      *)
        chroot "$bare" sh -c "command -v '$step'" >/dev/null || has "$installed" " $step " || return 1
        ;;
    esac
  done <<STEPS
$(echo "$offered" | sed -e 's/ && /\n/g' -e 's/ | /\n/g')
STEPS
}

# Whether the files $1 are there and are PNG images.
# shellcheck disable=SC2317 # check calls it
are_pictures() {
  for picture; do
    is "$(head -c 4 "$picture" | tail -c 3)" PNG || return 1
  done
}

mkdir -p "$bare$folder" "$bare$elsewhere"
(cd "$project" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$bare$folder")
mount -t tmpfs -o ro none "$bare/root"
ln -s "$folder/multibox" "$bare/usr/bin/multibox"

launch multibox info
check 'ends with 2 without a JDK' is "$code" 2
check 'says so in one line' one_line "$err"
check 'and nothing else' is "$out" ''
check 'offers what would bring one to this system' would_work

lend "$JAVA_HOME" /usr/lib/jvm/lent
launch multibox info
check 'ends with 2 without Maven' is "$code" 2
check 'says that in one line' one_line "$err"
check 'and nothing else again' is "$out" ''
check 'offers what would bring Maven to this system' would_work

# A user whom this system does not know, and who owns nothing.
stranger='setpriv --reuid=4321 --regid=4321 --clear-groups'
chmod 777 "$bare$elsewhere"

cp -rL "$(mvn -version 2>/dev/null | sed -n 's/^Maven home: //p')" "$bare/opt/maven"
# shellcheck disable=SC2086 # a list of words
launch $stranger multibox info
check 'ends with 1 where a stranger may not build' is "$code" 1
check 'says so to the stranger in one line' one_line "$err"

lend "$HOME/.m2/repository" "$folder/target/m2"
in_bare_root "$work/other" multibox info &
other=$!
launch HOME=/root multibox info
first="$err"
check 'builds with a home folder that may not be written' is "$code" 0
check 'runs' has "$out" 'MultiBox '
check 'computes with oneDNN' has "$out" 'oneDNN '
wait "$other"
ended $? "$work/other"
check 'runs the other that was called at the same time' has "$out" 'oneDNN '
check 'says one line in each of them' one_line "$first" && one_line "$err"
check 'builds once' is "$(printf '%s\n%s\n' "$first" "$err" | grep -c ' building')" 1

# From here on Maven and the sources can only be read.
rm -rf "$bare/opt/maven"
umount "$bare$folder/target/m2"
mount --bind --options ro "$bare$folder" "$bare$folder"
# shellcheck disable=SC2086 # a list of words
launch $stranger multibox info
check 'runs for a stranger' has "$out" 'oneDNN '
check 'leaves nothing behind' is "$(ls -A "$bare$elsewhere")" ''
launch multibox data shapes --out 'données ä' --train 40 --val 8 --test 4
check 'draws a data set into a folder beyond ASCII' is "$code" 0
launch multibox train --data 'données ä' --iterations 20 --batch-size 4 --name 'läuft'
check 'trains on it' is "$code" 0
weights=runs/läuft-1/checkpoints/last.safetensors
check 'keeps the name of the run' [ -s "$bare$elsewhere/$weights" ]
mkdir "$bare$elsewhere/bilder"
for image in "$bare$elsewhere/données ä"/JPEGImages/*; do
  cp "$image" "$bare$elsewhere/bilder/ä 犬.${image##*.}"
  break
done
launch multibox detect --weights "$weights" --score-threshold 0.01 bilder
check 'detects' is "$code" 0
check 'draws what it found, without fontconfig' are_pictures "$bare$elsewhere/runs/detect-1"/*犬*.png

for kind in noexec ro; do
  mount -t tmpfs -o "$kind" none "$bare/tmp"
  launch multibox info
  check "ends with 1 where native libraries find no place ($kind)" is "$code" 1
  check "says in one line ($kind)" one_line "$err"
  check "what to do ($kind)" has "$err" 'MULTIBOX_JAVA_OPTIONS=-Dmultibox.natives.dir=FOLDER'
done
launch MULTIBOX_JAVA_OPTIONS=-Dmultibox.natives.dir=/var/tmp/natives multibox info
check 'takes its libraries to the folder named' has "$out" 'oneDNN '

finish
