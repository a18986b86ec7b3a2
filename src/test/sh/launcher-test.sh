#!/bin/sh
# Tests of ./multibox: a copy of it in a project of stubs, on a PATH that holds only what we put
# there. Prints a line for each case; fails if one failed.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$root/src/test/sh/checks.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

project="$work/a \$project/with 'spaces' and \"ä\" %41 #1"
tools=$work/tools
stubs=$work/stubs

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
case $1 in -XshowSettings*)
  echo "    user.home = ${STUB_USER_HOME:-$HOME}" >&2
  exit
  ;;
esac
echo "home=$JAVA_HOME"
echo "locale=${LC_ALL:-}"
echo "tunables=${GLIBC_TUNABLES:-}"
echo "spins=${GOMP_SPINCOUNT:-}"
for argument; do echo "argument=$argument"; done
exit "${STUB_EXIT:-0}"
STUB
  printf 'JAVA_VERSION="%s"\n' "$2" >"$1/release"
}

# Everything as on a machine where the project was cloned and never built.
fresh() {
  rm -rf "$project" "$stubs" "${work:?}/home" "$work/jdks"
  mkdir -p "$project/src/main/java" "$tools" "$work/home" "$work/jdks"
  cp "$root/multibox" "$project/multibox"
  touch "$project/pom.xml"
  jdk "$work/jdks/jdk 25" 25.0.1
  program mvn "$stubs" <<'STUB'
echo "call" >>"$STUB_LOG"
for argument; do echo "argument=$argument" >>"$STUB_LOG"; done
echo "home=$JAVA_HOME" >>"$STUB_LOG"
echo "java=$(command -v java)" >>"$STUB_LOG"
echo "folder=$(pwd)" >>"$STUB_LOG"
echo "words of Maven"
mkdir -p target
echo half >target/multibox.jar
sleep "${STUB_SECONDS:-0}"
[ -z "${STUB_FAILS:-}" ] || exit 1
echo whole >target/multibox.jar
STUB
  rm -f "$work/mvn.log"
}

for tool in sh cat cut dirname find head id kill mkdir pwd readlink rm sed sleep touch tr uname; do
  path=$(command -v "$tool")
  mkdir -p "$tools"
  case $path in /*) ln -sf "$path" "$tools/$tool" ;; esac
done

# Runs on the stubs: settings as NAME=VALUE, then the command. Leaves $out, $err and $code.
launch() {
  on_stubs "$work/run" "$@"
  ended $? "$work/run"
}

# The same into files whose names start with $1.
on_stubs() {
  into=$1
  shift
  env -i PATH="$stubs:$tools" HOME="$work/home" STUB_LOG="$work/mvn.log" \
    MULTIBOX_JDK_FOLDERS="$work/jdks" "$@" >"$into.out" 2>"$into.err"
}

# shellcheck disable=SC2317 # check calls it
builds() {
  is "$(grep -c call "$work/mvn.log" 2>/dev/null)" "$1"
}

fresh
launch "$project/multibox" info --json 'a file'
check 'builds and runs from any folder' is "$code" 0
check 'passes arguments on as they are' has "$out" 'argument=--json
argument=a file'
check 'gives Java the jar of its folder' has "$out" "argument=$project/target/multibox.jar"
check 'says in one line that it builds' one_line "$err"
check 'names the log' has "$err" "$project/target/build.log"
check 'keeps what Maven says in the log' is "$(cat "$project/target/build.log")" 'words of Maven'
check 'finds a JDK in a usual folder' has "$out" "home=$work/jdks/jdk 25"
check 'builds on the same JDK' has "$(cat "$work/mvn.log")" "home=$work/jdks/jdk 25"
check 'gives the tools of the build its java' \
  has "$(cat "$work/mvn.log")" "java=$work/jdks/jdk 25/bin/java"
check 'builds in its folder' has "$(cat "$work/mvn.log")" "folder=$project"
check 'builds the jar alone' has "$(cat "$work/mvn.log")" 'argument=-Plaunch,!format
argument=package'

launch "$project/multibox" info
check 'builds once' builds 1
check 'is silent when nothing is to be built' is "$err" ''

sleep 0.05
touch "$project/src/main/java/New.java"
launch "$project/multibox" info
check 'builds again when a source is newer' builds 2
sleep 0.05
rm "$project/src/main/java/New.java"
launch "$project/multibox" info
check 'builds again when a source is gone' builds 3
touch "$project/pom.xml"
launch "$project/multibox" info
check 'builds again when the pom is newer' builds 4

launch STUB_EXIT=130 "$project/multibox" info
check 'ends with the exit code of Java' is "$code" 130
launch MULTIBOX_JAVA_OPTIONS='-Da=* -Db' "$project/multibox" info
check 'gives Java the options it is told to' has "$out" 'argument=-Da=*
argument=-Db'

launch "$project/multibox" info
check 'asks for huge pages' has "$out" 'tunables=glibc.malloc.hugetlb=1'
launch GLIBC_TUNABLES=glibc.malloc.arena_max=1 "$project/multibox" info
check 'keeps other settings of glibc' \
  has "$out" 'tunables=glibc.malloc.arena_max=1:glibc.malloc.hugetlb=1'
launch GLIBC_TUNABLES=glibc.malloc.hugetlb=0 "$project/multibox" info
check 'leaves huge pages to who has decided on them' has "$out" 'tunables=glibc.malloc.hugetlb=0'

launch "$project/multibox" info
check 'lets threads spin shortly' has "$out" 'spins=10000'
launch GOMP_SPINCOUNT=7 "$project/multibox" info
check 'lets them spin as told' has "$out" 'spins=7'
launch OMP_WAIT_POLICY=passive "$project/multibox" info
check 'leaves spinning to who has decided on waiting' has "$out" 'spins=
argument='

launch LANG=en_US.UTF-8 "$project/multibox" info
check 'sets a UTF-8 locale where the named one does not exist' has "$out" 'locale=C.UTF-8'
echo 'echo ANSI_X3.4-1968' | program locale "$stubs"
launch LANG=en_US.UTF-8 "$project/multibox" info
check 'sets one where that has another coding' has "$out" 'locale=C.UTF-8'
echo 'echo UTF-8' | program locale "$stubs"
launch LC_ALL=de_DE.utf8 "$project/multibox" info
check 'leaves a UTF-8 locale alone' has "$out" 'locale=de_DE.utf8'

mkdir -p "$work/links/far"
ln -sf "$project/multibox" "$work/links/absolute"
ln -sf ../absolute "$work/links/far/relative"
ln -sfn far "$work/links/folder"
cd "$work/links/far" || exit 1
for link in "$work/links/absolute" "$work/links/far/relative" ../folder/relative relative; do
  launch sh "$link" info
  check "follows the link ${link#"$work"}" has "$out" "argument=$project/target/multibox.jar"
done
cd "$project" || exit 1
launch CDPATH=/ ./multibox info
check 'is not led astray by CDPATH' has "$out" "argument=$project/target/multibox.jar"
cd "$work" || exit 1

fresh
jdk "$work/mine" 26
jdk "$work/old" 17.0.2
launch JAVA_HOME="$work/mine" "$project/multibox" info
check 'prefers JAVA_HOME' has "$out" "home=$work/mine"
for other in "$work/old" "$work/nowhere" "$work" ''; do
  launch JAVA_HOME="$other" "$project/multibox" info
  check "passes over the JAVA_HOME '${other#"$work"}'" has "$out" "home=$work/jdks/jdk 25"
done
ln -sf "$work/mine/bin/java" "$stubs/java"
launch "$project/multibox" info
check 'prefers the java on the PATH' has "$out" "home=$work/mine"

fresh
rm -rf "$work/jdks"
jdk "$work/jdks/old" 21.0.4
launch "$project/multibox" info
check 'ends with 2 without a JDK 25' is "$code" 2
check 'says so in one line' one_line "$err"
check 'offers a command without a package manager' \
  has "$err" ' && curl -fsSL https://api.adoptium.net'
program apt-get "$stubs" </dev/null
launch "$project/multibox" info
check 'has apt install what that command needs' has "$err" 'apt-get install -y curl'
program apt-cache "$stubs" </dev/null
echo 'echo 0' | program id "$stubs"
launch "$project/multibox" info
check 'offers the package of apt' has "$err" 'with: apt-get install -y openjdk-25-jdk'
echo 'echo 1000' | program id "$stubs"
launch "$project/multibox" info
check 'with sudo unless root asks' has "$err" 'with: sudo apt-get install -y openjdk-25-jdk'
jdk "$work/home/.jdks/jdk-25.0.1+8" 25
launch "$project/multibox" info
check 'finds a JDK below the home folder' has "$out" "home=$work/home/.jdks/jdk-25.0.1+8"

fresh
rm "$stubs/mvn"
launch "$project/multibox" info
check 'ends with 2 without Maven' is "$code" 2
check 'names Maven in one line' one_line "$err"
check 'offers a command for it' has "$err" 'needs Maven 3.8 or newer; install it with: '
program dnf "$stubs" </dev/null
launch "$project/multibox" info
check 'offers the package of dnf' has "$err" 'dnf install -y maven'

fresh
launch STUB_FAILS=yes "$project/multibox" info
check 'ends with 1 when the build fails' is "$code" 1
check 'shows what Maven said' has "$err" 'words of Maven'
check 'does not run Java then' is "$out" ''
launch "$project/multibox" info
check 'tries again the next time' is "$code" 0

fresh
touch "$project/target"
launch "$project/multibox" info
check 'ends with 1 where it may not build' is "$code" 1
check 'says that in one line' one_line "$err"

fresh
touch "$work/home/.m2"
launch https_proxy=http://me:word@proxy.local:3128/ no_proxy=localhost,.local \
  "$project/multibox" info
check 'keeps Maven out of a folder it may not write' \
  has "$(cat "$work/mvn.log")" "argument=-Dmaven.repo.local=$project/target/m2"
check 'passes the proxy on' has "$(cat "$work/mvn.log")" 'argument=-Dhttps.proxyHost=proxy.local
argument=-Dhttps.proxyPort=3128'
check 'passes on what needs no proxy' \
  has "$(cat "$work/mvn.log")" 'argument=-Dhttp.nonProxyHosts=localhost|*.local'

# The home folder that counts is the one that Java sees.
fresh
# shellcheck disable=SC2016 # it is for the inner shell
launch STUB_USER_HOME="$work/home" sh -c 'unset HOME; exec "$0" info' "$project/multibox"
check 'runs without HOME' is "$code" 0
check 'lets Maven write where Java says' lacks "$(cat "$work/mvn.log")" 'maven.repo.local'
fresh
launch STUB_USER_HOME='?' "$project/multibox" info
check 'and nowhere if Java knows no home folder' \
  has "$(cat "$work/mvn.log")" "argument=-Dmaven.repo.local=$project/target/m2"

# With flock, which is not among the tools so far, and without.
for locking in folder flock; do
  if [ "$locking" = flock ]; then
    path=$(command -v flock) || continue
    ln -sf "$path" "$tools/flock"
  fi

  fresh
  on_stubs "$work/other" STUB_SECONDS=0.3 "$project/multibox" info &
  other=$!
  launch STUB_SECONDS=0.3 "$project/multibox" info
  check "builds once when called twice at once ($locking)" builds 1
  check "runs the first of two ($locking)" has "$out" "argument=$project/target/multibox.jar"
  wait "$other"
  ended $? "$work/other"
  check "runs the second of two ($locking)" has "$out" "argument=$project/target/multibox.jar"

  for signal in TERM KILL; do
    fresh
    # Started so that $! is the launcher itself.
    env -i PATH="$stubs:$tools" HOME="$work/home" STUB_LOG="$work/mvn.log" STUB_FAILS=yes \
      STUB_SECONDS=0.3 MULTIBOX_JDK_FOLDERS="$work/jdks" "$project/multibox" info 2>/dev/null &
    other=$!
    until [ -s "$project/target/multibox.jar" ]; do sleep 0.05; done
    kill -"$signal" "$other"
    wait "$other" 2>/dev/null
    launch "$project/multibox" info
    check "builds anew what SIG$signal interrupted ($locking)" builds 2
    check "runs it then ($locking)" is "$(cat "$project/target/multibox.jar")" whole
  done
done

# A bundle: a JDK whose jlink and jar leave files, a Maven that leaves jars and classes.
bundle_stubs() {
  fresh
  cp -R "$root/src/main/sh" "$project/src/main/"
  mkdir -p "$project/src/test/resources"
  # shellcheck disable=SC2016 # it is for the stub
  printf '[ "$1" = -m ] && echo x86_64 || echo Linux\n' | program uname "$stubs"
  program jlink "$work/jdks/jdk 25/bin" <<'STUB'
while [ "$1" != --output ]; do shift; done
mkdir "$2"
STUB
  program jar "$work/jdks/jdk 25/bin" <<'STUB'
while [ $# -gt 0 ] && [ "$1" != --file ]; do shift; done
touch "$2"
STUB
  program mvn "$stubs" <<'STUB'
for argument; do case $argument in -DoutputDirectory=*) lib=${argument#*=} ;; esac; done
mkdir -p target/test-classes "$lib"
for library in dnnl onnxruntime archunit byte-buddy jcuda-natives jasperreports-fonts; do
  touch "$lib/$library-1.jar"
done
touch target/multibox.jar
[ -z "${STUB_FAILS:-}" ]
STUB
  program tar "$stubs" <<'STUB'
while [ "$1" != --file ]; do shift; done
head -c "${STUB_BYTES:-100}" /dev/zero >"$2"
sleep "${STUB_SECONDS:-0}"
[ -z "${STUB_FULL:-}" ] || {
  echo 'xz: (stdin): No space left on device' >&2
  echo 'tar: Child returned status 1' >&2
  exit 2
}
STUB
  program xz "$stubs" </dev/null
}

# Whether there is no bundle, nor anything of one.
# shellcheck disable=SC2317 # check calls it
unbundled() {
  [ ! -e "$project/target/bundle" ] && [ ! -e "$project/target/bundle.part" ]
}

for tool in chmod cp du env ls mv printf sort tail wc; do
  path=$(command -v "$tool")
  case $path in /*) ln -sf "$path" "$tools/$tool" ;; esac
done
bundle_stubs
launch "$project/multibox" bundle
check 'makes a bundle' is "$code" 0
check 'with its archive' [ -s "$project/target/bundle/multibox.tar.xz" ]
check 'with its programs' [ -x "$project/target/bundle/multibox/bin/check-gpu" ]
check 'without what is large and not needed' \
  is "$(ls "$project/target/bundle/multibox/lib")" 'jasperreports-fonts-1.jar
jcuda-natives-1.jar'
check 'and nothing left of its making' [ ! -e "$project/target/bundle.part" ]
launch "$project/multibox" bundle --help
check 'leaves options of a bundle to Java' has "$out" 'argument=--help'
launch STUB_FULL=yes "$project/multibox" bundle
check 'fails on a full disk' is "$code" 1
check 'says so' has "$err" 'bundle: the archive could not be made: xz: (stdin): No space left on device'
check 'keeps the bundle there was' [ -s "$project/target/bundle/multibox.tar.xz" ]
check 'and nothing of the new one' [ ! -e "$project/target/bundle.part" ]

bundle_stubs
launch STUB_BYTES=50331649 "$project/multibox" bundle
check 'refuses an archive of more than 48 MiB' is "$code" 1
check 'says how large it is' has "$err" 'has 50331649 bytes, more than 50331648'
check 'leaves none' unbundled
launch STUB_FAILS=yes "$project/multibox" bundle
check 'fails with the build of a bundle' is "$code" 1
check 'and leaves nothing' unbundled
rm "$stubs/xz"
launch "$project/multibox" bundle
check 'ends with 2 without xz' is "$code" 2
check 'says what installs it, in one line' one_line "$err"
rm "$work/jdks/jdk 25/bin/jlink"
launch "$project/multibox" bundle
check 'ends with 2 without jlink' is "$code" 2
check 'in one line as well' one_line "$err"
echo 'echo Darwin' | program uname "$stubs"
launch "$project/multibox" bundle
check 'ends with 2 on another system' is "$code" 2
check 'which it names in one line' one_line "$err"

bundle_stubs
env -i PATH="$stubs:$tools" HOME="$work/home" STUB_SECONDS=0.3 MULTIBOX_JDK_FOLDERS="$work/jdks" \
  "$project/multibox" bundle 2>/dev/null &
other=$!
until [ -s "$project/target/bundle.part/multibox.tar.xz" ]; do sleep 0.05; done
kill -TERM "$other"
wait "$other"
check 'ends a bundle that is interrupted' is $? 143
check 'and leaves nothing of it' unbundled

finish
