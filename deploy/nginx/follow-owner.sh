#!/bin/sh
# Asks the gateway of a cutover twice a second which side owns the writes, and has nginx fall back to that side when the gateway
# dies: `front.conf` becomes a link to the file for it, and nginx is reloaded. While the gateway does not answer, its last answer
# holds. A front that does not name the gateway is left alone.
#
#   follow-owner.sh /etc/nginx/waste http://127.0.0.1:9100 /run/nginx.pid
set -u
folder=$1 control=$2 pidfile=$3

# The status of the answer, 000 if there is none.
ask() {
  curl --silent --output /dev/null --max-time 2 --write-out '%{http_code}' "$control/owner/$1"
}

workers() {
  pgrep -P "$(cat "$pidfile")" -f '^nginx: worker process$'
}

# Reloads nginx, and waits until no worker of before takes new connections.
reload() {
  old=$(workers)
  kill -HUP "$(cat "$pidfile")" || return
  for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    sleep 0.1
    now=$(workers)
    [ -n "$now" ] || continue
    for worker in $old; do
      case " $(echo $now) " in *" $worker "*) continue 2 ;; esac
    done
    return
  done
}

while :; do
  now=$(readlink "$folder/front.conf")
  case $now in
  front-gateway.conf | front-gateway-blue.conf | front-gateway-green.conf)
    case $(ask blue)-$(ask green) in
    200-503) next=front-gateway-blue.conf ;;
    503-200) next=front-gateway-green.conf ;;
    503-503) next=front-gateway.conf ;;
    *) next=$now ;;
    esac
    # In between somebody may have taken the gateway out.
    if [ "$next" != "$now" ] && [ "$(readlink "$folder/front.conf")" = "$now" ]; then
      echo "nginx: $now -> $next"
      ln -sfn "$next" "$folder/front.new" && mv -T "$folder/front.new" "$folder/front.conf" && reload
    fi
    ;;
  esac
  sleep 0.5
done
