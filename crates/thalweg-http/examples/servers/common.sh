# What the scripts beside this file share. Sourced, not run.
#
# What is installed stays in the cache, outside of the checkout. Everything else that a run makes, and every process that
# it starts, goes when it ends, however it ends.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/thalweg-servers
jobs=${THALWEG_JOBS:-$(nproc 2>/dev/null || echo 2)}

step() { printf '\n== %s\n' "$*"; }
fail() {
  printf 'failed: %s\n' "$*" >&2
  exit 1
}

scratch=$(mktemp -d)
cleanup() {
  local running
  for signal in TERM KILL; do
    running=$(jobs -pr)
    [[ -z $running ]] || kill "-$signal" $running 2>/dev/null || true
    for _ in $(seq 50); do
      [[ -n $(jobs -pr) ]] || break
      sleep 0.1
    done
  done
  rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# What is checked goes on after what failed; the last line says whether anything did.
failed=0
check() { "$servers" "$@" || failed=1; }
summary() {
  step "summary"
  ((failed == 0)) || fail "not everything was as it should be: see FAILED above"
  echo "everything was as it should be"
}

# Builds what checks, `$servers`, and the command line, `$thalweg`.
build() {
  cd "$root"
  for command in cargo curl python3; do
    command -v "$command" >/dev/null || fail "$command is not installed"
  done
  step "building thalweg"
  cargo build --quiet --locked -p thalweg-cli -p thalweg-http --bin thalweg --example servers || fail "it does not build"
  local target
  target=$(cargo metadata --format-version 1 --no-deps --locked |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
  servers=$target/debug/examples/servers
  thalweg=$target/debug/thalweg
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# venv NAME REQUIREMENT...: a virtual environment of that name in the cache, with what it needs from PyPI.
venv() {
  local name=$1
  shift
  mkdir -p "$cache"
  if [[ "$(cat "$cache/$name/installed" 2>/dev/null)" == "$*" ]]; then
    return
  fi
  step "installing into $cache/$name: $*"
  python3 -m venv "$cache/$name" || fail "python3 cannot make virtual environments"
  "$cache/$name/bin/pip" install --quiet --disable-pip-version-check "$@" || fail "cannot install $* from PyPI"
  echo "$*" >"$cache/$name/installed"
}

# serve NAME URL COMMAND...: starts a server and waits until it answers; `$server` is its process id and
# `$scratch/NAME.log` what it says.
serve() {
  local name=$1 url=$2
  shift 2
  step "starting $name at $url"
  "$@" >"$scratch/$name.log" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    if curl --silent --fail --output /dev/null "$url"; then
      return
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 30 "$scratch/$name.log" >&2
  fail "$name did not start"
}

# llama.cpp's server, built once. The source package of llama-cpp-python holds all of llama.cpp; nothing is fetched
# while it is built, and no code is made for this processor alone.
llama_package=llama-cpp-python==0.3.36
llama=$cache/llama.cpp
llama_template=$llama/source/models/templates/Qwen-Qwen3-0.6B.jinja
install_llama() {
  venv tools cmake==4.4.4 ninja gguf==0.19.0 numpy
  if [[ "$(cat "$llama/installed" 2>/dev/null)" == "$llama_package" ]]; then
    return
  fi
  command -v c++ >/dev/null || fail "no C++ compiler (c++) is installed"
  step "downloading $llama_package"
  mkdir -p "$llama/source"
  "$cache/tools/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary llama-cpp-python \
    --dest "$scratch/llama" "$llama_package" || fail "cannot download $llama_package from PyPI"
  tar -xzf "$scratch"/llama/*.tar.gz -C "$llama/source" --strip-components=3 --wildcards '*/vendor/llama.cpp/*' ||
    fail "the source package of $llama_package has no llama.cpp in it"
  step "building llama.cpp's server in $llama with $jobs jobs: minutes, once"
  (
    export PATH="$cache/tools/bin:$PATH"
    cmake -S "$llama/source" -B "$llama/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
      "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG" "-DCMAKE_C_FLAGS_RELEASE=-O1 -DNDEBUG" -DBUILD_SHARED_LIBS=OFF \
      -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF \
      -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DGGML_LLAMAFILE=OFF \
      >"$llama/build.log" 2>&1 &&
      ninja -C "$llama/build" -j "$jobs" llama-server >>"$llama/build.log" 2>&1
  ) || fail "llama.cpp's server could not be built: see $llama/build.log"
  echo "$llama_package" >"$llama/installed"
}

# Starts it, always at the same port, with the model that says what scripts.json tells it; `$llama_url` is where.
start_llama() {
  "$cache/tools/bin/python" "$here/script.py" "$here/scripts.json" "$scratch/scripted.gguf" ||
    fail "the model could not be made"
  llama_port=${llama_port:-$(free_port)}
  llama_url=http://127.0.0.1:$llama_port
  serve llama-server "$llama_url/health" "$llama/build/bin/llama-server" --model "$scratch/scripted.gguf" \
    --alias scripted --host 127.0.0.1 --port "$llama_port" --ctx-size 262144 --parallel 2 --threads 1 --no-ui --slots \
    --jinja --chat-template-file "$llama_template"
  llama_pid=$server
}

# check_killed SERVER URL API MODEL: the server is killed in the middle of its answer, and started again.
check_killed() {
  check killed "$@" "$llama_pid"
  kill -KILL "$llama_pid" 2>/dev/null || true
  { wait "$llama_pid" || true; } 2>/dev/null
  start_llama
}

# Serves a folder of recordings; `$replay_url` is where.
start_replay() {
  local port
  port=$(free_port)
  replay_url=http://127.0.0.1:$port
  serve replay "$replay_url/openai-chat/text" "$thalweg" replay "$1" --speed max --listen "127.0.0.1:$port"
}

# record_and_fold API DIALECT SCRIPT: what README says of recording, done on llama.cpp's server.
record_and_fold() {
  local path=$1 out=$scratch/recorded/$1-$3
  [[ $1 != chat ]] || path=chat/completions
  "$servers" body "$1" "$3" >"$scratch/body.json"
  "$thalweg" record --dialect "$2" --url "$llama_url/v1/$path" --data "@$scratch/body.json" --out "$out" || failed=1
  { "$thalweg" fold --dialect "$2" --json "$out/body.sse" || true; } | "$servers" folded "$1" "$3" || failed=1
}
