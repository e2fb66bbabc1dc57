# The gateway in an image of its own: built in one stage, run in another that has neither compiler nor pip caches.
# To pin the base further, give a digest: --build-arg PYTHON_IMAGE=python@sha256:...
ARG PYTHON_IMAGE=python:3.13.7-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
RUN python -m venv /opt/sallyport
# The dependencies first: this layer is used again until the lock file changes.
COPY requirements.lock ./
RUN /opt/sallyport/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
COPY translators translators
COPY partners partners
COPY profiles profiles
COPY as2 as2
COPY archive archive
COPY queues queues
RUN /opt/sallyport/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin sallyport \
    && install --directory --owner=sallyport --group=sallyport --mode=0700 /data
COPY --from=build /opt/sallyport /opt/sallyport
ENV PATH=/opt/sallyport/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SALLYPORT_HOME=/data
USER 10001:10001
WORKDIR /data
# Ledger, archive, spool and the gateway's keys. Whatever else is lost, this must not be.
VOLUME /data
# SFTP, and metrics for Prometheus.
EXPOSE 2222 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9464/metrics', timeout=4)"]
# Exec form: the gateway itself gets the signal to stop, and finishes what is under way.
ENTRYPOINT ["sallyport"]
CMD ["serve"]
