// An independent node for the integration tests; it compiles nothing.
module.exports = {
  solidity: "0.8.28",
  networks: { hardhat: { chainId: 31337, blockGasLimit: 60000000, hardfork: "prague" } },
};
