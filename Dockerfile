# A served model: docker build -t tailprobe . && docker run -v $PWD/model:/model:ro -p 8000:8000 tailprobe
FROM python:3.12-slim AS build
ARG EXTRAS=serve,imagenet
WORKDIR /source
RUN python -m venv /venv
COPY pyproject.toml constraints.txt hatch_build.py README.md LICENSE ./
COPY src ./src
RUN /venv/bin/python -m pip install --no-cache-dir -c constraints.txt ".[$EXTRAS]"

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 tailprobe
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH
USER tailprobe
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["tailprobe", "serve"]
CMD ["/model", "--host", "0.0.0.0"]
