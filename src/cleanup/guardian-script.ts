/**
 * The shell script that the guardian runs. Its standard input is a pipe whose other end only the
 * host has. When that end closes, however the host ended, the script ends all processes that the
 * host had started.
 *
 * `$1`: the variable that tags our processes; `$2`: how many tenths of a second the stop signals
 * may take before SIGKILL. Each line that the script reads sets a slot of its list: `SLOT g PGID
 * SIGNAL` (a process group), `SLOT c NUMBER` (a cgroup, whose path is `$3` and its number), `SLOT f
 * IDENTITY PATH` (a file), or `SLOT` alone, for nothing. The line `q` ends the script. A shell
 * variable for each slot: one long list would cost the square of their number. `kill -SIGNAL -PGID`
 * is the one form that dash, BusyBox and bash have in common.
 *
 * The tag closes the gap between a fork and its registration: a child that is being forked holds a
 * copy of the pipe's end until it executes, and then shows the tag. A process with the tag
 * identifies its whole group, in which some processes may have cleaned their environment: our
 * children begin with a session of their own, so that no other processes are in their groups. No
 * process is sent the stop signal twice: many programs take a second signal as a request to end at
 * once. The value of the tag ends with the stop signal (`NAME=7-15`), for a process that is not
 * registered yet.
 *
 * The script needs only the shell and its builtins (`read` leaves out the zeros of
 * /proc/PID/environ): a system may lack the tools, and a user may have used up the processes that
 * the system allows, until ours are killed. grep(1) saves time where processes are many, sleep(1)
 * saves CPU, and files take stat(1) and rm(1). `command eval` goes on where the shell cannot fork;
 * but bash, whose `read` is quick enough without grep, ends: so there is a trap for its end.
 *
 * A group of zombies, which their parent may never collect, takes signals as any other does: so the
 * script looks at the processes that are left. The script goes on until two passes in a row have
 * found no process, at most for 200 passes. Then it removes the files that are still the same (GNU,
 * BusyBox and BSD have stat(1)): another host may have taken the name.
 */
export const GUARDIAN_SCRIPT = `
trap '' HUP INT TERM QUIT PIPE TSTP TTIN TTOU USR1 USR2 ALRM
tag=$1 grace=$2 base=$3 top=0
while read -r slot words; do
  [ "$slot" = q ] && exit 0
  eval "s$slot=\\$words"
  [ "$slot" -gt "$top" ] && top=$slot
done
[ -z "$BASH_VERSION" ]
nogrep=$? pass=0
trap 'nogrep=1; groups 9; tagged 9' EXIT
try() {
  command eval "$1" 2>/dev/null
}
pause() {
  try "sleep $1" || try 'sleep 1' || spin "$2"
}
uptime() {
  read -r now rest </proc/uptime && now=1\${now%.*}\${now#*.}
}
spin() {
  uptime || return
  end=$((now + $1))
  while [ "$now" -lt "$end" ]; do uptime; done
}
next() {
  while [ "$n" -lt "$top" ]; do
    n=$((n + 1))
    eval "word=\\$s$n"
    case $word in "$1 "*) word=\${word#* } && return ;; esac
  done
  return 1
}
groups() {
  left=0 n=0
  while next g; do
    group=\${word% *}
    if kill -"\${1:-\${word#* }}" -"$group"; then
      left=$((left + 1))
      eval "k$group=ours"
    else
      eval "s$n= k$group="
    fi
  done 2>/dev/null
}
look() {
  stat=
  while IFS= read -r line || [ -n "$line" ]; do stat=$stat$line; done <"/proc/$1/stat" || return
  set -- \${stat##*) }
  state=$1 group=$3
  case $group in '' | *[!0-9]*) return 1 ;; esac
  eval "known=\\$k$group"
}
lives() {
  look $$ || return 0
  n=0
  while next g; do
    look "\${word% *}" && [ "$known" = ours ] && [ "$state" != Z ] && return 0
  done
  for p in /proc/[0-9]*; do
    look "\${p#/proc/}" && [ "$known" = ours ] && [ "$state" != Z ] && return 0
  done
  return 1
} 2>/dev/null
mark() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *"$tag="*) mark=\${line#*"$tag="*-} mark=\${mark%%[!0-9]*} && return ;; esac
  done <"/proc/$1/environ"
  return 1
}
tagged() {
  count=0 pass=$((pass + 1)) found=
  [ "$nogrep" -eq 0 ] && try 'found=$(grep -ls "$tag=" /proc/[0-9]*/environ; [ $? -lt 3 ] && echo .)'
  case $found in
    *.) all= found=\${found%.} ;;
    *) all=1 found='/proc/[0-9]*/environ' ;;
  esac
  for p in $found; do
    p=\${p#/proc/} p=\${p%/*} mark=$1
    if [ "$all" ] || [ "$1" = stop ]; then
      mark "$p" || continue
      [ "$1" = stop ] || mark=$1
    fi
    look "$p" || continue
    [ "$known" = ours ] || [ "$known" = "$pass" ] && continue
    if [ "$group" -gt 1 ]; then
      eval "k$group=$pass"
      p=-$group
    fi
    kill -"\${mark:-15}" "$p" && count=$((count + 1))
  done 2>/dev/null
}
boxes() {
  n=0
  while next c; do
    echo 1 >"$base$word/cgroup.kill" && try 'rmdir "$base$word"'
  done 2>/dev/null
}
isbusy() {
  [ "$count" -gt 0 ] || { [ "$left" -gt 0 ] && lives; }
}
if [ "$grace" -gt 0 ]; then
  groups ''
  tagged stop
  while [ "$grace" -gt 0 ]; do
    groups 0
    tagged 0
    isbusy || break
    pause 0.1 10
    grace=$((grace - 1))
  done
fi
clean=0 pass=0
while [ "$clean" -lt 2 ] && [ "$pass" -lt 200 ]; do
  groups 9
  tagged 9
  boxes
  if isbusy; then
    clean=0
    pause 0.02 2
  else
    clean=$((clean + 1))
  fi
done
trap - EXIT
n=0
while next f; do
  file=$(printf '%bx' "\${word#* }") file=\${file%x} id=\${word%% *}
  is=$(stat -c %d:%i:%Z "$file" || stat -f %d:%i:%c "$file")
  [ "$is" = "$id" ] && rm -f "$file"
done 2>/dev/null
`;
