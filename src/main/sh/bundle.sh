# What ./multibox bundle does, which reads this. Makes target/bundle/multibox and, packed,
# target/bundle/multibox.tar.xz: MultiBox with a Java of its own, its tests and its benchmarks, for a
# machine with a GPU and without Java, Maven or a network. What a checkout carries stays out, as the
# machine has one: the golden vectors and the other files of the tests. So does oneDNN, a third of it
# all: convolutions on the CPU are then done by the loops in Java.
# shellcheck shell=sh disable=SC2154 # home, target, jar, log and sudo are the launcher's

bundle=$target/bundle
# Takes the name above when it is whole.
part=$target/bundle.part
# 64 MiB are the most that some hosts take; the checkout comes to 16.
most_bytes=$((48 * 1024 * 1024))
# What our classes and the libraries use; management is for JMH, zipfs for JUnit to look into jars.
modules=java.base,java.desktop,java.logging,java.management,jdk.management,jdk.unsupported,jdk.zipfs
# Many megabytes each, and no test of a GPU uses them.
unused='dnnl onnxruntime archunit byte-buddy'

make_bundle() {
  is_linux_on_x86 || {
    say "bundle: is made for, and on, 64-bit Linux on x86; this is $(uname -s) on $(uname -m)"
    exit 2
  }
  [ -x "$JAVA_HOME/bin/jlink" ] || {
    say "bundle: $JAVA_HOME has no jlink; set JAVA_HOME to a whole JDK 25"
    exit 2
  }
  command -v tar >/dev/null 2>&1 || missing tar "${sudo}apt-get install -y tar"
  command -v xz >/dev/null 2>&1 || missing xz "${sudo}apt-get install -y xz-utils"
  prepare_build
  trap 'rm -rf "$part"; release_lock' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  rm -rf "$part"
  say "building with tests and benchmarks (log: $log)"
  make_jar '-Pjmh,!format' -DskipTests package dependency:copy-dependencies \
    -DincludeScope=test "-DoutputDirectory=$part/multibox/lib"
  say 'packing'
  step 'the folder' fill "$part/multibox"
  # Not -T0 alone: whoever sets XZ_OPT, to another level for one, decides.
  step 'the archive' env "XZ_OPT=${XZ_OPT:--T0}" tar --create --xz --sort=name --owner=0 --group=0 \
    --numeric-owner --file "$part/multibox.tar.xz" --directory "$part" multibox
  refuse_if_large
  rm -rf "$bundle"
  step 'its place' mv "$part" "$bundle"
  say "made $bundle/multibox.tar.xz of $(megabytes "$bytes") MiB; where it is unpacked beside a checkout: multibox/bin/check-gpu"
}

is_linux_on_x86() {
  [ "$(uname -s)" = Linux ] && [ "$(uname -m)" = x86_64 ]
}

# Does what stands behind the name $1; if that fails, ends with what was said first.
step() {
  name=$1
  shift
  # Behind an || the shell would go on after what fails in a function.
  said=$(
    set -e
    "$@" 2>&1
  )
  # shellcheck disable=SC2181
  if [ $? -ne 0 ]; then
    say "bundle: $name could not be made: $(printf '%s\n' "$said" | head -n 1)"
    exit 1
  fi
}

# Makes the folder $1, whose libraries are there.
fill() {
  for library in $unused; do
    rm "$1/lib/$library"-*.jar
  done
  "$JAVA_HOME/bin/jlink" --add-modules "$modules" --vm=server --strip-debug --no-header-files \
    --no-man-pages --output "$1/runtime"
  cp "$jar" "$1/multibox.jar"
  # The compiler of PTX is 24 MB of it, and only tests without a GPU compile with it.
  thin "$1"/lib/jcuda-natives-*.jar 'libJNvPTXCompiler*'
  # Pictures are lettered in DejaVu Sans, plain and bold.
  thin "$1"/lib/jasperreports-fonts-*.jar '*Serif*' '*Mono*' '*Condensed*' '*Oblique*'
  pack_tests "$1"
  mkdir "$1/bin"
  for program in multibox check-gpu benchmark; do
    cp "$home/src/main/sh/bundled.sh" "$1/bin/$program"
    chmod 755 "$1/bin/$program"
  done
}

# The jar $1 without the files of these names. It is stored for xz to pack, which does better.
thin() {
  thinned=$1
  shift
  mkdir "$part/unpacked"
  (cd "$part/unpacked" && "$JAVA_HOME/bin/jar" --extract --file "$thinned")
  for name; do
    find "$part/unpacked" -name "$name" -delete
  done
  "$JAVA_HOME/bin/jar" --create --no-compress --file "$thinned" -C "$part/unpacked" .
  rm -r "$part/unpacked"
}

# The tests and benchmarks as $1/tests.jar, which names the other jars as its class path. What the
# checkout carries stays out.
pack_tests() {
  cp -R "$target/test-classes" "$part/tests"
  (cd "$home/src/test/resources" && find . -type f) | while read -r file; do
    rm -f "$part/tests/$file"
  done
  {
    echo 'Class-Path: multibox.jar'
    (cd "$1" && printf '  %s\n' lib/*.jar)
  } >"$part/manifest"
  "$JAVA_HOME/bin/jar" --create --no-compress --file "$1/tests.jar" --manifest "$part/manifest" \
    -C "$part/tests" .
  rm -r "$part/tests" "$part/manifest"
}

megabytes() {
  echo $((($1 + 1048575) / 1048576))
}

# Ends, with what is large in it, if the archive has more bytes than allowed.
refuse_if_large() {
  bytes=$(wc -c <"$part/multibox.tar.xz")
  [ "$bytes" -gt "$most_bytes" ] || return 0
  say "bundle: the archive has $bytes bytes, more than $most_bytes; the largest of what it holds, in KiB:"
  find "$part/multibox" -type f -exec du -k {} + | sort -rn | head -n 10 >&2
  exit 1
}
