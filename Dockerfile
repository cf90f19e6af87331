# One image for every part: docker run … vitrine api | worker | migrate | rebuild
FROM node:20-bookworm-slim AS build
WORKDIR /vitrine
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts scripts
COPY apps apps
COPY libs libs
COPY test test
RUN node scripts/build.mjs && npm prune --omit=dev --omit=optional && rm -rf dist/test \
  && find dist -name '*.spec*' -delete

FROM node:20-bookworm-slim
# For imports that are converted or decompressed.
RUN apt-get update && apt-get install -y --no-install-recommends qemu-utils xz-utils bzip2 zstd && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production VITRINE_HOST=0.0.0.0 VITRINE_DATA_DIR=/var/lib/vitrine
WORKDIR /vitrine
COPY --from=build /vitrine/package.json ./
COPY --from=build /vitrine/node_modules node_modules
COPY --from=build /vitrine/dist dist
RUN install -d -o node -g node /var/lib/vitrine
USER node
VOLUME /var/lib/vitrine
EXPOSE 9292
ENTRYPOINT ["node", "--enable-source-maps", "dist/apps/vitrine/src/main.js"]
CMD ["api"]
