# The portal and its proxy: docker compose build. Tags name a release of the image; a digest is stricter still: whoever
# builds adds it once ("docker buildx imagetools inspect python:3.11.14-slim-bookworm"), it could not be looked up here.

# --- Compiles: the packages by their hashes, the style sheets with the hash of their content in their names ---------
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /srv/portal
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt .
RUN pip install --require-hashes --no-deps --only-binary :all: -r requirements.txt && pip uninstall --yes pip setuptools
COPY . .
# The embedded settings need no secrets of anybody; what they make goes with /tmp/build. The demo stays out of the image.
RUN SLT_DATA_DIR=/tmp/build SLT_STATIC_ROOT=/srv/static python manage.py collectstatic --noinput \
    && rm -rf /tmp/build demo \
    && python -m compileall -q /srv/portal /opt/venv/lib

# --- Runs: no compiler, no installer, nobody's root -----------------------------------------------------------------
FROM python:3.11.14-slim-bookworm AS portal
# Pango and HarfBuzz draw the PDFs; the client copies the database for backups and is of the server's major version.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
        fonts-dejavu-core postgresql-client-15 \
    && apt-get upgrade --yes \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 portal && useradd --uid 10001 --gid portal --no-create-home --shell /usr/sbin/nologin portal \
    && install --directory --owner=portal --group=portal --mode=0700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/static /srv/static
COPY --from=build /srv/portal /srv/portal
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    DJANGO_SETTINGS_MODULE=slt_portal.settings.production SLT_DATA_DIR=/data SLT_STATIC_ROOT=/srv/static
WORKDIR /srv/portal
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["deploy/healthy", "web"]
ENTRYPOINT ["deploy/start"]
CMD ["web"]

# --- The reverse proxy: Debian's nginx, the very version that the tests run -------------------------------------------
FROM debian:12.12-slim AS proxy
RUN apt-get update \
    && apt-get install --yes --no-install-recommends nginx-light gettext-base curl \
    && apt-get upgrade --yes \
    && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled \
    && groupadd --gid 10002 proxy-user && useradd --uid 10002 --gid proxy-user --no-create-home --shell /usr/sbin/nologin proxy-user
COPY deploy/nginx /srv/nginx
USER 10002:10002
EXPOSE 8080 8443
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s \
    CMD ["curl", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/"]
ENTRYPOINT ["/srv/nginx/start"]
