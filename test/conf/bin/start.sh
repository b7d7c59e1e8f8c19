#!/bin/bash
# Starts the server as scripts do that know nothing of signals.
node -e 'console.log("script", process.pid); setInterval(Boolean, 1000)'
echo "the script goes on"
