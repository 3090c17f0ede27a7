"""Ad platforms: one pure file each (`platform` says what they all provide), no HTTP client."""
