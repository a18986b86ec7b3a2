#!/bin/sh
# Makes the bundle of this checkout and tries it as it will be used: unpacked elsewhere, with an empty
# PATH and nothing else in the environment. Prints a line for each case; fails if one failed. Quick
# behind mvn -Pjmh verify, whose classes it takes.
set -u

project=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$project/src/test/sh/checks.sh"
[ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || {
  echo 'bundle: SKIPPED, nothing was tested: a bundle is for 64-bit Linux on x86'
  exit 0
}
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Nothing that is run may need a program of this system: what it runs, it must bring along.
place="$work/a place with \"quotes' %41 ä"
bin=$place/multibox/bin
simulated=MULTIBOX_JAVA_OPTIONS=-Dmultibox.backends=cuda-simulated

# Runs a command of the bundle, settings as NAME=VALUE before it. Leaves $out, $err and $code.
launch() {
  /usr/bin/env -i PATH= CUDA_VISIBLE_DEVICES= "$@" >"$work/run.out" 2>"$work/run.err"
  ended $? "$work/run"
}

last_line() {
  printf '%s\n' "$out" | tail -n 1
}

# A level of xz that is quick packs worse: what holds of it holds of the usual one.
XZ_OPT=-0 "$project/multibox" bundle >"$work/run.out" 2>"$work/run.err"
ended $? "$work/run"
check 'is made' is "$code" 0
[ "$code" -eq 0 ] || finish
archive=$project/target/bundle/multibox.tar.xz
check 'says where it is' has "$err" "$archive"
check 'has at most 48 MiB' [ "$(wc -c <"$archive")" -le 50331648 ]
check 'leaves nothing else' [ ! -e "$project/target/bundle.part" ]

mkdir -p "$place" "$work/here" "$work/links"
tar xJf "$archive" -C "$place"
chmod -R a-w "$place"
cd "$work/here" || exit 1
tests=$("${JAVA_HOME:-/usr}/bin/jar" tf "$place/multibox/tests.jar")
check 'has the tests' has "$tests" dev/multibox/backend/BoxTest.class
check 'does not repeat the files of the tests' lacks "$tests" .safetensors
check 'nor their kernels' lacks "$tests" .ptx
check 'goes without oneDNN' lacks "$(ls "$place/multibox/lib")" dnnl

launch "$bin/multibox" info
check 'runs' is "$code" 0
check 'says that the loops in Java convolve' has "$out" 'convolution by direct loops'
ln -s "$bin/multibox" "$work/links/absolute"
ln -s ../links/absolute "$work/links/relative"
launch "$work/links/relative" --version
check 'follows links' has "$out" 'MultiBox '
launch "$bin/multibox" bundle
check 'refuses to be bundled again' is "$code" 2
check 'in one line' one_line "$err"

launch "$bin/multibox" data shapes --out 'données ä' --train 8 --val 2 --test 2
check 'draws a data set into a folder beyond ASCII' is "$code" 0
launch "$bin/multibox" train --data 'données ä' --input-size 64 --iterations 3 --batch-size 2 \
  --name 'läuft'
check 'trains on it' is "$code" 0
check 'says there as well what convolves' has "$out$err" 'convolution by direct loops'
weights=runs/läuft-1/checkpoints/last.safetensors
launch "$bin/multibox" eval --weights "$weights" --data 'données ä' --split val
check 'measures' is "$code" 0
for image in 'données ä'/JPEGImages/*; do break; done
launch "$bin/multibox" detect --weights "$weights" --score-threshold 0.01 "$image"
check 'detects' is "$code" 0
check 'draws what it found' [ -s "$(find runs/detect-1 -name '*.png' | head -n 1)" ]
launch "$bin/multibox" data preview 'données ä' --out preview.png
check 'shows samples' is "$code" 0
launch "$bin/multibox" convert --with-nms "$weights" model.onnx
check 'exports' [ -s model.onnx ]

launch "$bin/check-gpu"
check 'wants a checkout for the tests' is "$code" 2
check 'and says so in one line' one_line "$err"
launch "$bin/check-gpu" --checkout "$project" --device-json gpu.json
check 'fails without a GPU' is "$code" 1
check 'says why' has "$err" 'check-gpu: no GPU to test: '
check 'counts nothing then' is "$out" ''
check 'and describes nothing' [ ! -e gpu.json ]
launch "$bin/check-gpu" --checkout "$project" --sanitise
check 'refuses what it does not know' is "$code" 2
check 'that in one line too' one_line "$err"

launch "$simulated" "$bin/check-gpu" --checkout "$project" --only 'PoolingGoldenTest,L2*GoldenTest'
check 'runs tests on the simulated GPU' is "$code" 0
check 'tells that from a real one' has "$out" 'GPU: none is asked, the tests run on: cuda-simulated'
check 'ends with the numbers' has "$(last_line)" ' passed, 0 failed'
check 'which are not nothing' lacks "$(last_line)" '0 passed, '
once=${out##*
}
once=${once%% *}
launch "$simulated" "$bin/check-gpu" --checkout "$project" --only NoSuchTest
check 'refuses tests that do not exist' is "$code" 2
check 'once more in one line' one_line "$err"

mkdir -p "$work/empty/src/test/resources/golden"
launch "$simulated" "$bin/check-gpu" --checkout "$work/empty" --only PoolingGoldenTest
check 'fails if a test fails' is "$code" 1
check 'and counts it' has "$(last_line)" '0 passed, '
check 'and shows it' has "$out" 'FAILED PoolingGoldenTest.'

# Stands in for compute-sanitizer: shows how it was called, and ends with $2 unless that is 0.
sanitizer() {
  mkdir -p "$work/cuda/bin"
  cat >"$work/cuda/bin/compute-sanitizer" <<STUB
#!/bin/sh
echo "called: \$1 \$2 \$3 \$4"
shift 4
"\$@" && exit $1
STUB
  chmod +x "$work/cuda/bin/compute-sanitizer"
}

if [ -e /usr/local/cuda/bin/compute-sanitizer ]; then
  echo 'bundle: SKIPPED the case without a compute-sanitizer: there is one'
else
  launch "$simulated" "$bin/check-gpu" --checkout "$project" --sanitize
  check 'wants a compute-sanitizer to sanitize' is "$code" 2
  check 'says that in one line' one_line "$err"
fi
sanitizer 0
launch "$simulated" CUDA_HOME="$work/cuda" "$bin/check-gpu" --checkout "$project" --sanitize \
  --only 'PoolingGoldenTest,L2*GoldenTest'
check 'runs them under compute-sanitizer' is "$code" 0
check 'first for stray accesses' has "$out" 'called: --tool memcheck --error-exitcode 9'
check 'then for races' has "$out" 'called: --tool racecheck --error-exitcode 9'
check 'adds up the two' is "$(last_line)" "$((2 * once)) passed, 0 failed"
sanitizer 9
launch "$simulated" CUDA_HOME="$work/cuda" "$bin/check-gpu" --checkout "$project" --sanitize \
  --only PoolingGoldenTest
check 'fails if the sanitizer found something' is "$code" 1
check 'and counts that' has "$(last_line)" ' passed, 2 failed'

# Whatever else is measured here: nothing is read off the numbers.
launch MULTIBOX_JAVA_OPTIONS=-Djmh.ignoreLock=true "$bin/benchmark" L2NormBenchmark.forward -p shape=1x4x4x8 \
  -p type=F32 -wi 1 -w 10ms -i 1 -r 10ms
check 'times a kernel' is "$code" 0
check 'shows the bytes it moved' has "$out" 'forward:gigabytes'

needed=$("${JAVA_HOME:-/usr}/bin/jdeps" --ignore-missing-deps --multi-release 25 \
  --print-module-deps "$place/multibox/multibox.jar")
modules=" $(sed -n 's/^MODULES="\(.*\)"/\1/p' "$place/multibox/runtime/release") "
for module in $(echo "$needed" | tr , ' '); do
  check "has $module, which MultiBox needs" has "$modules" " $module "
done

finish
