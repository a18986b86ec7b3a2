#!/bin/sh
# bin/multibox, bin/check-gpu and bin/benchmark of a bundle: the name of the file says which. Needs no
# other program, as Java comes along.
set -u

# What the link $1 names; the PATH may be empty.
target_of() {
  for readlink in readlink /usr/bin/readlink /bin/readlink; do
    if command -v "$readlink" >/dev/null 2>&1; then
      "$readlink" -- "$1"
      return
    fi
  done
  printf '%s: is a link, and there is no readlink to follow it; name the file itself\n' "$1" >&2
  return 1
}

file=$0
case $file in */*) ;; *) file=./$file ;; esac
while [ -L "$file" ]; do
  link=$(target_of "$file") || exit 1
  case $link in
    /*) file=$link ;;
    *) file=${file%/*}/$link ;;
  esac
done
home=$(CDPATH='' cd -- "${file%/*}/.." && pwd -P) || exit 1
program=${file##*/}

# Names of files beyond ASCII need a UTF-8 locale, and one that this system has.
[ "$(locale charmap 2>/dev/null)" = UTF-8 ] || export LC_ALL=C.UTF-8

# As ./multibox does.
case ${GLIBC_TUNABLES:-} in
  *glibc.malloc.hugetlb=*) ;;
  *) export GLIBC_TUNABLES="${GLIBC_TUNABLES:+$GLIBC_TUNABLES:}glibc.malloc.hugetlb=1" ;;
esac

# Java with these options in front of those of everybody and of the user. oneDNN has stayed behind.
java() {
  set -f
  # shellcheck disable=SC2086 # MULTIBOX_JAVA_OPTIONS is a list of words
  exec "$home/runtime/bin/java" --enable-native-access=ALL-UNNAMED -XX:+UseParallelGC \
    -Djava.awt.headless=true -Dmultibox.convolution=direct ${MULTIBOX_JAVA_OPTIONS:-} "$@"
}

case $program in
  check-gpu) java -Dmultibox.bundle="$home" -cp "$home/tests.jar" dev.multibox.gpu.CheckGpu "$@" ;;
  # JMH asks for memory in a way that Java warns of.
  benchmark) java --sun-misc-unsafe-memory-access=allow -cp "$home/tests.jar" org.openjdk.jmh.Main "$@" ;;
  *) java -Dmultibox.launcher="$0" -jar "$home/multibox.jar" "$@" ;;
esac
