#!/usr/bin/env bash
# What thalweg-http makes of the answers of LiteLLM's proxy, before llama.cpp's server, which says what it is told, and
# before recordings that `thalweg replay` serves. See README.md beside this.
set -euo pipefail
source "$(dirname "$0")/common.sh"

litellm_package='litellm[proxy]==1.106.2'

start_litellm() {
  local port
  port=$(free_port)
  litellm_url=http://127.0.0.1:$port
  sed -e "s|LLAMA|$llama_url|" -e "s|REPLAY|$replay_url|" "$here/litellm.yaml" >"$scratch/litellm.yaml"
  # No key of its own, no list of prices from the net, nothing sent home.
  LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY=true LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_TELEMETRY=False \
    serve litellm "$litellm_url/health/liveliness" "$cache/litellm/bin/litellm" --config "$scratch/litellm.yaml" \
    --host 127.0.0.1 --port "$port"
}

build
install_llama
venv litellm "$litellm_package"
start_llama
start_replay "$root/corpus"
start_litellm

step "LiteLLM before replayed recordings"
check replayed "$litellm_url"
step "LiteLLM before llama.cpp's server"
check litellm "$litellm_url"

step "the server behind LiteLLM is killed in mid-stream"
for api in chat responses messages; do
  for route in from-chat from-responses from-messages; do
    check_killed litellm "$litellm_url" "$api" "$route"
  done
done
summary
