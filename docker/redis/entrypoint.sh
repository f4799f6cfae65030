#!/bin/sh
# Writes the ACL file of Redis (or Valkey) from users.acl.template, then runs the command given:
#
#   REDIS_PRODUCTS="bestays=0 realestate=1"    product=database number
#   REDIS_PASSWORD_BESTAYS=...                 one per product, the name in capitals
#   entrypoint.sh redis-server --aclfile /tmp/users.acl --appendonly yes
#
# The default user is off: nobody gets in without a product's name and password.
set -eu

template=${ACL_TEMPLATE:-/usr/local/share/users.acl.template}
acl=${ACL_FILE:-/tmp/users.acl}

: "${REDIS_PRODUCTS:?names no product: set it to \"product=database ...\"}"
umask 077
echo 'user default off' >"$acl"
for pair in $REDIS_PRODUCTS; do
    product=${pair%%=*}
    database=${pair#*=}
    variable=REDIS_PASSWORD_$(printf %s "$product" | tr '[:lower:]-' '[:upper:]_')
    password=$(printenv "$variable") || password=
    if [ -z "$password" ]; then
        echo "$variable is not set: $product has no Redis password" >&2
        exit 1
    fi
    # As a digest, so that the file holds no password and sed meets no special character.
    digest=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
    sed -e "s/\${PRODUCT}/$product/g" -e "s/\${PASSWORD_SHA256}/$digest/g" \
        -e "s/\${DATABASE}/$database/g" "$template" >>"$acl"
    unset "$variable"
done

# The image's own entrypoint goes on to drop root for the user redis, who must read the file.
if [ "$(id -u)" = 0 ] && id redis >/dev/null 2>&1; then
    chown redis "$acl"
fi
if command -v docker-entrypoint.sh >/dev/null 2>&1; then
    exec docker-entrypoint.sh "$@"
fi
exec "$@"
