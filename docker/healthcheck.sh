#!/usr/bin/env bash
# healthcheck.sh ROUTE: 0 when the node in this container answers 200 to it. The image has no curl, and needs none for this.
exec 3<>/dev/tcp/127.0.0.1/8558 || exit 1
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" >&3
read -r -t 2 status <&3
[[ $status == *' 200 '* ]]
