# Appends when it begins to live and when it ends; fails after something between 1 and 2 s, so that
# deaths meet every phase of a supervisor that looks around once a second.
echo "S $EPOCHREALTIME" >>"$1"
sleep "1.$((RANDOM % 90 + 10))"
echo "E $EPOCHREALTIME" >>"$1"
exit 1
