// A program that crashes now and then.
setTimeout(
  () => {
    console.error("Out of luck");
    process.exit(1);
  },
  1500 + Math.random() * 1000,
);
