// A program that cannot start.
console.error("No database at db.example:5432");
process.exit(3);
