# A machine of its own for the runbook: file systems, processes and network that end with it. The old server listens on 8000 there.
# What cannot be had there is replaced: systemd, and what would install and build.
set -u
mount --make-rprivate /
# The loopback interface is down at first.
python3 -c "import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sH22x', b'lo', 0x41))"
export TOP=/opt/waste-collection-api
mount -t tmpfs machine /opt
mkdir $TOP /opt/etc /opt/bin
mount --bind "$CHECKOUT" $TOP
cp -a /etc/. /opt/etc/
mount --bind /opt/etc /etc
for folder in /run /tmp /var/lib /var/backups; do mount -t tmpfs machine $folder; done
chmod 1777 /tmp
rm -rf /etc/haproxy/* /etc/waste
mkdir -p /etc/haproxy /etc/systemd/system /run/haproxy
for name in apt-get npm; do printf '#!/bin/sh\nexit 0\n' > /opt/bin/$name; done
printf '#!/bin/sh\nexec %s %s/test/deploy/runbook/systemctl.mjs "$@"\n' "$NODE" $TOP > /opt/bin/systemctl
printf '#!/bin/sh\nshift\nexec %s %s/dist/cutover/cutover.main.js "$@"\n' "$NODE" $TOP > /opt/bin/npx
chmod 755 /opt/bin/*
export PATH=/opt/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd $TOP
REFERENCE_RESET_PORT=8001 test/reference/venv/bin/python test/reference/app.py --port 8000 --untyped > /run/blue.log 2>&1 &
curl -s --retry 60 --retry-delay 1 --retry-connrefused -o /dev/null http://127.0.0.1:8000/health

# paste NAME TEXT: as into a shell, which goes on after an error. Every command that fails is told.
paste() {
  echo "== $1"
  trap 'echo "FAILED ($?): $BASH_COMMAND"' ERR
  set -E
  eval "$2" 2>&1
  set +E
  trap - ERR
}
clients() { "$NODE" test/deploy/runbook/client.mjs & CLIENTS=$!; }
end_clients() { kill $CLIENTS; wait $CLIENTS; }
cutover() { "$NODE" dist/cutover/cutover.main.js "$@"; }
until_gates_pass() {
  for attempt in $(seq 200); do
    status=$(cutover status 2>&1)
    gates=$(echo "$status" | grep '^gate ')
    if [ -n "$gates" ] && ! echo "$gates" | grep -qv ' pass:' && echo "$status" | grep -q '^follower .*: level'; then return; fi
    sleep 0.5
  done
  echo "NEVER: the gates do not pass"
  echo "$status"
}
logs() { for log in /run/units/*.log; do echo "-- $log"; tail -n 20 $log; done; }
# What the report reads is written every few seconds.
until_saved() {
  local now
  now=$(date +%s)
  until [ "$(stat -c %Y /var/lib/waste-gateway/statistics.json)" -gt "$now" ]; do sleep 0.2; done
}
