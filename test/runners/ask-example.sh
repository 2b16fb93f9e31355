#!/bin/sh
# A task that asks before it goes on: callboard run -- sh ask-example.sh
echo '{"text": "Deploy to production?", "options": ["yes", "no"]}' >&"$CALLBOARD_ASK_FD"
read -r answer <&"$CALLBOARD_ASK_FD"
case "$answer" in
  *'"option":"yes"'*) echo 'Deploying.' ;;
  *) echo "Not deployed: $answer" ;;
esac
