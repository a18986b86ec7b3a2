#!/bin/sh
# Tests of ./multibox: a copy of it in a project of stubs, on a PATH that holds only what we put
# there. Prints a line for each case; fails if one failed.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
cases=0

project="$work/a project/with spaces"
tools="$work/tools"
stubs="$work/stubs"

# A program $1 in folder $2 whose text comes from the standard input.
program() {
  mkdir -p "$2"
  {
    echo '#!/bin/sh'
    cat
  } >"$2/$1"
  chmod +x "$2/$1"
}

# A JDK of version $2 in folder $1, whose java prints how it was called.
jdk() {
  program javac "$1/bin" </dev/null
  program java "$1/bin" <<'STUB'
echo "home=$JAVA_HOME"
echo "locale=${LC_ALL:-}"
for argument; do echo "argument=$argument"; done
exit "${STUB_EXIT:-0}"
STUB
  printf 'JAVA_VERSION="%s"\n' "$2" >"$1/release"
}

# Everything as on a machine where the project was cloned and never built.
fresh() {
  rm -rf "$work/a project" "$stubs" "$work/home" "$work/jdks"
  mkdir -p "$project/src/main/java" "$tools" "$work/home" "$work/jdks"
  cp "$root/multibox" "$project/multibox"
  touch "$project/pom.xml"
  jdk "$work/jdks/jdk 25" 25.0.1
  program mvn "$stubs" <<'STUB'
echo "call" >>"$STUB_LOG"
for argument; do echo "argument=$argument" >>"$STUB_LOG"; done
echo "home=$JAVA_HOME" >>"$STUB_LOG"
echo "folder=$(pwd)" >>"$STUB_LOG"
echo "words of Maven"
sleep "${STUB_SECONDS:-0}"
[ -z "${STUB_FAILS:-}" ] || exit 1
mkdir -p target
touch target/multibox.jar
STUB
  rm -f "$work/mvn.log"
}

for tool in sh cat cut dirname find head id kill mkdir pwd readlink rm sed sleep touch tr uname; do
  path=$(command -v "$tool")
  mkdir -p "$tools"
  case $path in /*) ln -sf "$path" "$tools/$tool" ;; esac
done

# Runs $1 with the arguments behind it on the stubs; leaves $out, $err and $code.
launch() {
  env -i PATH="$stubs:$tools" HOME="$work/home" STUB_LOG="$work/mvn.log" \
    MULTIBOX_JDK_FOLDERS="$work/jdks" ${settings:-} "$@" >"$work/out" 2>"$work/err"
  code=$?
  out=$(cat "$work/out")
  err=$(cat "$work/err")
}

# The case $1 holds if the command behind it succeeds.
check() {
  name=$1
  shift
  cases=$((cases + 1))
  if "$@"; then
    echo "ok - $name"
  else
    failures=$((failures + 1))
    echo "FAILED - $name"
    echo "  exit code $code"
    sed 's/^/  out: /' "$work/out"
    sed 's/^/  err: /' "$work/err"
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

builds() {
  is "$(grep -c call "$work/mvn.log" 2>/dev/null)" "$1"
}

fresh
launch "$project/multibox" info --json 'a file'
check 'builds and runs from any folder' is "$code" 0
check 'passes arguments on as they are' has "$out" 'argument=--json
argument=a file'
check 'gives Java the jar of its folder' has "$out" "argument=$project/target/multibox.jar"
check 'says in one line that it builds' is "$(echo "$err" | wc -l)" "$(echo x | wc -l)"
check 'names the log' has "$err" "$project/target/build.log"
check 'keeps what Maven says in the log' is "$(cat "$project/target/build.log")" 'words of Maven'
check 'finds a JDK in a usual folder' has "$out" "home=$work/jdks/jdk 25"
check 'builds on the same JDK' has "$(cat "$work/mvn.log")" "home=$work/jdks/jdk 25"
check 'builds in its folder' has "$(cat "$work/mvn.log")" "folder=$project"
check 'builds without tests' has "$(cat "$work/mvn.log")" 'argument=-DskipTests'
check 'sets a UTF-8 locale' has "$out" 'locale=C.UTF-8'

launch "$project/multibox" info
check 'builds once' builds 1
check 'is silent when nothing is to be built' is "$err" ''

sleep 1
touch "$project/src/main/java/New.java"
launch "$project/multibox" info
check 'builds again when a source is newer' builds 2
sleep 1
touch "$project/pom.xml"
launch "$project/multibox" info
check 'builds again when the pom is newer' builds 3

settings='STUB_EXIT=130 LANG=de_DE.utf8'
launch "$project/multibox" info
check 'ends with the exit code of Java' is "$code" 130
check 'leaves a UTF-8 locale alone' lacks "$out" 'locale=C.UTF-8'
settings=

mkdir -p "$work/links"
ln -sf "$project/multibox" "$work/links/absolute"
ln -sf absolute "$work/links/relative"
launch "$work/links/relative" info
check 'follows symbolic links' has "$out" "argument=$project/target/multibox.jar"
cd "$work/links" || exit 1
launch ../links/relative info
check 'follows them from another folder' has "$out" "argument=$project/target/multibox.jar"

fresh
jdk "$work/mine" 26
jdk "$work/old" 17.0.2
settings="JAVA_HOME=$work/mine"
launch "$project/multibox" info
check 'prefers JAVA_HOME' has "$out" "home=$work/mine"
settings="JAVA_HOME=$work/old"
launch "$project/multibox" info
check 'passes over an older JAVA_HOME' has "$out" "home=$work/jdks/jdk 25"
settings=
ln -sf "$work/mine/bin/java" "$stubs/java"
launch "$project/multibox" info
check 'prefers the java on the PATH' has "$out" "home=$work/mine"

fresh
rm -rf "$work/jdks"
jdk "$work/jdks/old" 21.0.4
launch "$project/multibox" info
check 'ends with 2 without a JDK 25' is "$code" 2
check 'says so in one line' is "$(echo "$err" | wc -l)" "$(echo x | wc -l)"
check 'offers a command without a package manager' has "$err" 'curl -fsSL https://api.adoptium.net'
program apt-cache "$stubs" </dev/null
launch "$project/multibox" info
check 'offers the package of apt' has "$err" 'apt-get install -y openjdk-25-jdk'
mkdir -p "$work/home/.jdks"
jdk "$work/home/.jdks/jdk-25.0.1+8" 25
launch "$project/multibox" info
check 'finds a JDK below the home folder' has "$out" "home=$work/home/.jdks/jdk-25.0.1+8"

fresh
rm "$stubs/mvn"
launch "$project/multibox" info
check 'ends with 2 without Maven' is "$code" 2
check 'names Maven' has "$err" 'needs Maven 3.8 or newer; install it with: '
program dnf "$stubs" </dev/null
launch "$project/multibox" info
check 'offers the package of dnf' has "$err" 'dnf install -y maven'

fresh
settings='STUB_FAILS=yes'
launch "$project/multibox" info
check 'ends with 1 when the build fails' is "$code" 1
check 'shows what Maven said' has "$err" 'words of Maven'
check 'does not run Java then' is "$out" ''
settings=
launch "$project/multibox" info
check 'tries again the next time' is "$code" 0

fresh
touch "$work/home/.m2"
settings='https_proxy=http://me:word@proxy.local:3128/ no_proxy=localhost,.local'
launch "$project/multibox" info
check 'keeps Maven out of a folder it may not write' \
  has "$(cat "$work/mvn.log")" "argument=-Dmaven.repo.local=$project/target/m2"
check 'passes the proxy on' has "$(cat "$work/mvn.log")" 'argument=-Dhttps.proxyHost=proxy.local
argument=-Dhttps.proxyPort=3128'
check 'passes on what needs no proxy' \
  has "$(cat "$work/mvn.log")" 'argument=-Dhttp.nonProxyHosts=localhost|*.local'
settings=

# Two at once, with flock (which is not among the tools so far) and without.
for locking in folder flock; do
  fresh
  if [ "$locking" = flock ]; then
    path=$(command -v flock) || continue
    ln -sf "$path" "$tools/flock"
  fi
  settings='STUB_SECONDS=1'
  (launch "$project/multibox" info) &
  other=$!
  launch "$project/multibox" info
  wait "$other"
  check "builds once when called twice at once ($locking)" builds 1
done

echo "$cases cases, $failures failed"
[ "$cases" -gt 0 ] && [ "$failures" -eq 0 ]
