# The one file on glibc: KRM function and Crossplane server by the rules of docs/image.md (docs/decisions/023-image.md).
# Both bases may be others, as where these cannot be pulled: the first needs Node.js and npm, the second glibc.
ARG BUILD_BASE=docker.io/library/node:26.10.0-bookworm-slim@sha256:662933cf47f013bc8e4beb31a6116448427a82057ba7c42c97e4c5ba766504c2
ARG RUNTIME_BASE=gcr.io/distroless/base-nossl-debian13:nonroot@sha256:86554c46a420d507ff2d678fd261ab8691fba4875a20302f38a49e684b42a33f

# Always on the builder's own machine: Bun compiles for the others, so nothing is emulated.
FROM --platform=$BUILDPLATFORM ${BUILD_BASE} AS build
WORKDIR /build
COPY package.json package-lock.json LICENSE ./
# A registry that asks for more than its address is told by the secret `npmrc`, which no layer keeps. No script of a package runs but
# Bun's (docs/supply-chain.md).
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --ignore-scripts && npm rebuild bun
COPY package package
COPY function function
ARG TARGETARCH
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
  case "$TARGETARCH" in '') target= ;; amd64) target=bun-linux-x64 ;; *) target=bun-linux-$TARGETARCH ;; esac; \
  BUN_TARGET=$target npm run build:executable

FROM --platform=$TARGETPLATFORM ${RUNTIME_BASE}
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="function-sts-assume-role" \
  org.opencontainers.image.description="Turns STSAssumeRoleToken specs into Secrets with short-lived AWS credentials, inside kpt, kustomize and Crossplane." \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"
COPY --from=build /build/dist/bin/function-sts-assume-role /usr/local/bin/
COPY --from=build /build/LICENSE /build/dist/bin/THIRD-PARTY-LICENSES.txt /usr/share/doc/function-sts-assume-role/
# nobody, as kpt has it; Crossplane runs it as 2000, and any other user will do.
USER 65534:65534
EXPOSE 9443 8080
ENTRYPOINT ["/usr/local/bin/function-sts-assume-role"]
