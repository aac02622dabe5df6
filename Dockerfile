# An image that needs no network at run time:
#   docker build -t hotpatch . && docker run --rm --network none -v "$PWD:/work:ro" hotpatch check fleet.yaml
FROM python:3.13-slim AS build
COPY pyproject.toml README.md LICENSE CHANGELOG.md /source/
COPY hotpatch_cli /source/hotpatch_cli
RUN pip install --no-cache-dir --prefix /install "/source[hcl,exact]"

FROM python:3.13-slim
COPY --from=build /install /usr/local
RUN useradd --create-home hotpatch
USER hotpatch
WORKDIR /work
ENTRYPOINT ["hotpatch"]
CMD ["--help"]
