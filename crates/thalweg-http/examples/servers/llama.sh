#!/usr/bin/env bash
# What thalweg-http makes of the answers of llama.cpp's server, which says what it is told. See README.md beside this.
set -euo pipefail
source "$(dirname "$0")/common.sh"

build
install_llama
start_llama

step "llama.cpp's server"
check llama "$llama_url"

step "thalweg record, then thalweg fold"
for script in text reasoning calls; do
  record_and_fold chat llama-server "$script"
  record_and_fold responses openai-responses "$script"
  record_and_fold messages anthropic-messages "$script"
done

step "the server is killed in mid-stream"
for api in chat responses messages; do
  check_killed llama "$llama_url" "$api" scripted
done
summary
